-- What is known of each cluster is asked anew from time to time, and its troubles become events.
-- What was found out before has another shape now: it is asked anew at once.
ALTER TABLE "cluster"
  ADD COLUMN "last_observed_at" TIMESTAMPTZ(3),
  ADD COLUMN "check_due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN "told_conditions" JSONB NOT NULL DEFAULT '{}',
  ADD COLUMN "tell_at" TIMESTAMPTZ(3);
UPDATE "cluster" SET "discovery" = NULL;
CREATE INDEX "cluster_to_tell" ON "cluster"("tell_at") WHERE "tell_at" IS NOT NULL;

-- The events of clusters themselves, among the many of what happens in them.
CREATE INDEX "event_of_cluster" ON "event"("cluster_id", "id")
  WHERE "operation_id" IS NULL AND "schedule_id" IS NULL AND "application_instance_id" IS NULL;
