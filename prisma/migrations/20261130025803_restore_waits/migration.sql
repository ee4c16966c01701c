-- How long backups may wait for an open Restore of their application before that is told.
ALTER TABLE "application_class" ADD COLUMN "restore_wait_seconds" INTEGER NOT NULL DEFAULT 7200;
-- When it was told of a Restore that backups have waited for it too long.
ALTER TABLE "operation" ADD COLUMN "wait_told_at" TIMESTAMPTZ(3);
-- The few Operations that their cluster states as blocked, those among them that have ended here.
CREATE INDEX "operation_blocked" ON "operation"("application_instance_id") WHERE "conditions" @> '[{"type": "Blocked", "status": "True"}]';
