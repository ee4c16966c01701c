-- Applies of which nobody knows what they did: while there are any, the cluster may have the resource. Every apply so far
-- counts, if no uid came of it.
ALTER TABLE "operation" ADD COLUMN "unanswered" INTEGER NOT NULL DEFAULT 0;
UPDATE "operation" SET "unanswered" = "attempts" WHERE "owed" = 'Apply' AND "uid" IS NULL;

-- A Backup that ended here and yet succeeded in its cluster has made a copy as well.
DROP INDEX "operation_recovery_point";
DROP INDEX "operation_recovery_point_of_instance";
CREATE INDEX "operation_recovery_point" ON "operation"("organization_id", "id", "expires_at")
  WHERE "type" = 'Backup' AND ("phase" = 'Succeeded' OR "contradiction"->>'phase' = 'Succeeded');
CREATE INDEX "operation_recovery_point_of_instance" ON "operation"("application_instance_id", "id", "expires_at")
  WHERE "type" = 'Backup' AND ("phase" = 'Succeeded' OR "contradiction"->>'phase' = 'Succeeded');
