-- What was made lately, at next to no cost: rows are written in the order of these times.
CREATE INDEX "operation_created_at_idx" ON "operation" USING BRIN ("created_at");
CREATE INDEX "fire_fired_at_idx" ON "fire" USING BRIN ("fired_at");

-- Enabled, and never to fire: there should be none.
CREATE INDEX "schedule_without_next_fire" ON "schedule"("id")
  WHERE "next_fire_at" IS NULL AND "deleted_at" IS NULL AND (NOT "suspend" OR "resume_at" IS NOT NULL);
