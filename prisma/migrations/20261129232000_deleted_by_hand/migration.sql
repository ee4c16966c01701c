-- When somebody deleted the resource of a Backup that had succeeded.
ALTER TABLE "operation" ADD COLUMN "resource_gone_at" TIMESTAMPTZ(3);
