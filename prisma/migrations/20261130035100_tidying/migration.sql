-- What has ended leaves its cluster, unless the cluster is left alone.
ALTER TABLE "cluster" ADD COLUMN "tidy" BOOLEAN NOT NULL DEFAULT true;
-- When the resource left, and when to look next whether it is to leave. Null: at its end.
ALTER TABLE "operation" ADD COLUMN "resource_left_at" TIMESTAMPTZ(3);
ALTER TABLE "operation" ADD COLUMN "tidy_at" TIMESTAMPTZ(3);
