-- The last copy of a schedule, without a look at all the failures since.
CREATE INDEX "operation_copy_of_schedule" ON "operation"("schedule_id", "scheduled_for")
  WHERE "type" = 'Backup' AND ("phase" = 'Succeeded' OR "contradiction"->>'phase' = 'Succeeded') AND "schedule_id" IS NOT NULL;
