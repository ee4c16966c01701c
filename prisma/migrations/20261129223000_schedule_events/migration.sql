-- The history of a schedule itself, without the events of its Operations, of which there are many more.
CREATE INDEX "event_of_schedule" ON "event"("schedule_id", "id") WHERE "schedule_id" IS NOT NULL AND "operation_id" IS NULL;
