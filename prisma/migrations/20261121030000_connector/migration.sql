-- Deadlines of our own, by application class.
ALTER TABLE "application_class"
  ADD COLUMN "delivery_deadline_seconds" INTEGER NOT NULL DEFAULT 86400,
  ADD COLUMN "pending_deadline_seconds" INTEGER NOT NULL DEFAULT 1800,
  ADD COLUMN "running_deadline_seconds" INTEGER NOT NULL DEFAULT 14400;

ALTER TABLE "cluster"
  ADD COLUMN "relist_revision" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "agent_token_hash" TEXT,
  ADD COLUMN "agent_token_created_at" TIMESTAMPTZ(3);
CREATE UNIQUE INDEX "cluster_agent_token_hash_key" ON "cluster"("agent_token_hash");

-- Operations that somebody else made: perhaps of an application that is not registered, and of a name that was there before.
ALTER TABLE "operation"
  ALTER COLUMN "application_instance_id" DROP NOT NULL,
  ADD COLUMN "deliver_before" TIMESTAMPTZ(3),
  ADD COLUMN "contradiction" JSONB,
  ADD COLUMN "observed_version" TEXT,
  ADD COLUMN "foreign_uid" TEXT NOT NULL DEFAULT '';
DROP INDEX "operation_cluster_id_name_key";
CREATE UNIQUE INDEX "operation_cluster_id_name_foreign_uid_key" ON "operation"("cluster_id", "name", "foreign_uid");

CREATE TABLE "connector" (
    "id" UUID NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "connector_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "cluster_lease" (
    "cluster_id" UUID NOT NULL,
    "connector_id" UUID NOT NULL,
    "epoch" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cluster_lease_pkey" PRIMARY KEY ("cluster_id")
);
CREATE INDEX "cluster_lease_connector_id_idx" ON "cluster_lease"("connector_id");
ALTER TABLE "cluster_lease" ADD CONSTRAINT "cluster_lease_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "cluster_application" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "uid" TEXT NOT NULL,
    "mode" TEXT,
    "catalog_id" TEXT,
    "chart" TEXT,
    "release_name" TEXT,
    "release_namespace" TEXT,
    "capabilities" JSONB NOT NULL,
    "conditions" JSONB NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "gone_at" TIMESTAMPTZ(3),

    CONSTRAINT "cluster_application_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "cluster_application_cluster_id_namespace_name_key" ON "cluster_application"("cluster_id", "namespace", "name");
CREATE INDEX "cluster_application_organization_id_id_idx" ON "cluster_application"("organization_id", "id");
ALTER TABLE "cluster_application" ADD CONSTRAINT "cluster_application_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "agent_event" (
    "cluster_id" UUID NOT NULL,
    "digest" BYTEA NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "agent_event_pkey" PRIMARY KEY ("cluster_id","digest")
);
CREATE INDEX "agent_event_seen_at_idx" ON "agent_event" USING BRIN ("seen_at");
ALTER TABLE "agent_event" ADD CONSTRAINT "agent_event_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;
