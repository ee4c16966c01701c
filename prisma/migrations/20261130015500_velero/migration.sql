-- Velero's own word about Backups, Restores and storage locations, as the watch of a cluster sees them; and whether, by
-- which lease and since when they are followed. The version before reads and writes none of it.
CREATE TABLE "velero_resource" (
  "id" UUID NOT NULL,
  "organization_id" UUID NOT NULL,
  "cluster_id" UUID NOT NULL,
  "kind" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "uid" TEXT NOT NULL,
  "operation_uid" TEXT,
  "target" TEXT,
  "namespaces" JSONB NOT NULL,
  "velero_schedule" TEXT,
  "backup_name" TEXT,
  "storage_location" TEXT,
  "phase" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3),
  "started_at" TIMESTAMPTZ(3),
  "completed_at" TIMESTAMPTZ(3),
  "expires_at" TIMESTAMPTZ(3),
  "total_items" INTEGER,
  "items_done" INTEGER,
  "warning_count" INTEGER,
  "error_count" INTEGER,
  "queue_position" INTEGER,
  "failure_reason" TEXT,
  "validation_errors" JSONB NOT NULL,
  "deleting_since" TIMESTAMPTZ(3),
  "copied" BOOLEAN NOT NULL,
  "told" BOOLEAN NOT NULL,
  "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
  "seen_at" TIMESTAMPTZ(3) NOT NULL,
  "away_at" TIMESTAMPTZ(3),
  "gone_at" TIMESTAMPTZ(3),
  CONSTRAINT "velero_resource_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "velero_resource_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "velero_resource_cluster_id_kind_name_key" ON "velero_resource"("cluster_id", "kind", "name");
-- What background work looks for: few rows at any time.
CREATE INDEX "velero_resource_away" ON "velero_resource"("away_at") WHERE "kind" = 'Backup' AND "gone_at" IS NULL AND "away_at" IS NOT NULL;
CREATE INDEX "velero_resource_untold" ON "velero_resource"("seen_at") WHERE NOT "told" AND "phase" IN ('FailedValidation', 'PartiallyFailed', 'Failed');
CREATE INDEX "velero_resource_gone" ON "velero_resource"("gone_at") WHERE "gone_at" IS NOT NULL;

CREATE TABLE "velero_watch" (
  "cluster_id" UUID NOT NULL,
  "connector_id" UUID NOT NULL,
  "epoch" BIGINT NOT NULL,
  "followed_since" TIMESTAMPTZ(3),
  "seen_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "velero_watch_pkey" PRIMARY KEY ("cluster_id"),
  CONSTRAINT "velero_watch_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

ALTER TABLE "cluster" ADD COLUMN "velero_namespace" TEXT;
