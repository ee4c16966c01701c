-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "organization" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "scopes" TEXT[],
    "hint" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "application_class" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "display_name" TEXT,
    "retention" JSONB NOT NULL,
    "default_parameters" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "application_class_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "retention_override" (
    "organization_id" UUID NOT NULL,
    "application_class_id" UUID NOT NULL,
    "retention" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "retention_override_pkey" PRIMARY KEY ("organization_id","application_class_id")
);

-- CreateTable
CREATE TABLE "cluster" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "display_name" TEXT,
    "server" TEXT NOT NULL,
    "conditions" JSONB NOT NULL DEFAULT '[]',
    "discovery" JSONB,
    "last_contact_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "cluster_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster_credential" (
    "cluster_id" UUID NOT NULL,
    "sealed" BYTEA NOT NULL,
    "key_version" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "cluster_credential_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "application_instance" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "application_class_id" UUID NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "display_name" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "application_instance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "schedule" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "application_instance_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "display_name" TEXT,
    "schedule" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "suspend" BOOLEAN NOT NULL,
    "cadence" TEXT NOT NULL,
    "ttl" TEXT,
    "template" JSONB NOT NULL,
    "next_fire_at" TIMESTAMPTZ(3),
    "last_fire_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "schedule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fire" (
    "id" UUID NOT NULL,
    "schedule_id" UUID NOT NULL,
    "scheduled_for" TIMESTAMPTZ(3) NOT NULL,
    "last_scheduled_for" TIMESTAMPTZ(3),
    "slot_count" BIGINT NOT NULL,
    "outcome" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "operation_id" UUID,
    "fired_at" TIMESTAMPTZ(3) NOT NULL,
    "delay_ms" BIGINT NOT NULL,

    CONSTRAINT "fire_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operation" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "application_instance_id" UUID NOT NULL,
    "schedule_id" UUID,
    "scheduled_for" TIMESTAMPTZ(3),
    "name" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "engine" TEXT NOT NULL,
    "parameters" JSONB NOT NULL,
    "ttl" TEXT,
    "ttl_source" TEXT,
    "origin" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "on_behalf_of" TEXT,
    "phase" TEXT NOT NULL,
    "conditions" JSONB NOT NULL,
    "progress" JSONB,
    "outputs" JSONB NOT NULL,
    "warnings" JSONB NOT NULL,
    "uid" TEXT,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "delivered_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "observed_at" TIMESTAMPTZ(3),
    "revision" INTEGER NOT NULL,
    "owed" TEXT,
    "next_attempt_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "lease_id" UUID,

    CONSTRAINT "operation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "operation_id" UUID,
    "schedule_id" UUID,
    "cluster_id" UUID,
    "type" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "transaction_id" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "organization_id" UUID NOT NULL,
    "api_key_id" UUID NOT NULL,
    "route" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("organization_id","api_key_id","route","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "organization_name_key" ON "organization"("name");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE INDEX "api_key_organization_id_id_idx" ON "api_key"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "application_class_name_key" ON "application_class"("name");

-- CreateIndex
CREATE INDEX "cluster_organization_id_id_idx" ON "cluster"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "cluster_organization_id_name_key" ON "cluster"("organization_id", "name");

-- CreateIndex
CREATE INDEX "application_instance_organization_id_id_idx" ON "application_instance"("organization_id", "id");

-- CreateIndex
CREATE INDEX "application_instance_application_class_id_idx" ON "application_instance"("application_class_id");

-- CreateIndex
CREATE UNIQUE INDEX "application_instance_cluster_id_namespace_name_key" ON "application_instance"("cluster_id", "namespace", "name");

-- CreateIndex
CREATE INDEX "schedule_organization_id_id_idx" ON "schedule"("organization_id", "id");

-- CreateIndex
CREATE INDEX "schedule_cluster_id_idx" ON "schedule"("cluster_id");

-- CreateIndex
CREATE UNIQUE INDEX "fire_schedule_id_scheduled_for_key" ON "fire"("schedule_id", "scheduled_for");

-- CreateIndex
CREATE INDEX "operation_organization_id_id_idx" ON "operation"("organization_id", "id");

-- CreateIndex
CREATE INDEX "operation_application_instance_id_id_idx" ON "operation"("application_instance_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "operation_cluster_id_name_key" ON "operation"("cluster_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "operation_schedule_id_scheduled_for_key" ON "operation"("schedule_id", "scheduled_for");

-- CreateIndex
CREATE INDEX "event_operation_id_id_idx" ON "event"("operation_id", "id");

-- CreateIndex
CREATE INDEX "event_organization_id_id_idx" ON "event"("organization_id", "id");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "retention_override" ADD CONSTRAINT "retention_override_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "retention_override" ADD CONSTRAINT "retention_override_application_class_id_fkey" FOREIGN KEY ("application_class_id") REFERENCES "application_class"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster" ADD CONSTRAINT "cluster_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_credential" ADD CONSTRAINT "cluster_credential_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "application_instance" ADD CONSTRAINT "application_instance_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "application_instance" ADD CONSTRAINT "application_instance_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "application_instance" ADD CONSTRAINT "application_instance_application_class_id_fkey" FOREIGN KEY ("application_class_id") REFERENCES "application_class"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedule" ADD CONSTRAINT "schedule_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedule" ADD CONSTRAINT "schedule_application_instance_id_fkey" FOREIGN KEY ("application_instance_id") REFERENCES "application_instance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedule" ADD CONSTRAINT "schedule_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fire" ADD CONSTRAINT "fire_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "schedule"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation" ADD CONSTRAINT "operation_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation" ADD CONSTRAINT "operation_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation" ADD CONSTRAINT "operation_application_instance_id_fkey" FOREIGN KEY ("application_instance_id") REFERENCES "application_instance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation" ADD CONSTRAINT "operation_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "schedule"("id") ON DELETE SET NULL ON UPDATE CASCADE;


-- What Prisma's schema cannot say.

-- What is due, and what is owed: small indexes over the few rows that matter now.
CREATE INDEX "schedule_due" ON "schedule"("next_fire_at") WHERE "next_fire_at" IS NOT NULL;
CREATE INDEX "operation_owed" ON "operation"("cluster_id", "next_attempt_at") WHERE "owed" IS NOT NULL;
CREATE INDEX "operation_in_flight" ON "operation"("cluster_id") WHERE "phase" IN ('Pending', 'Running');

-- A deleted schedule leaves its name to the next.
CREATE UNIQUE INDEX "schedule_name" ON "schedule"("application_instance_id", "name") WHERE "deleted_at" IS NULL;

ALTER TABLE "schedule" ADD CONSTRAINT "schedule_silent_when_suspended" CHECK (NOT ("suspend" OR "deleted_at" IS NOT NULL) OR "next_fire_at" IS NULL);
ALTER TABLE "operation" ADD CONSTRAINT "operation_phase" CHECK ("phase" IN ('Pending', 'Running', 'Succeeded', 'Failed', 'Cancelled'));
ALTER TABLE "operation" ADD CONSTRAINT "operation_owed_when" CHECK (("owed" IS NULL) = ("next_attempt_at" IS NULL) AND ("owed" IS NULL OR "owed" IN ('Apply', 'Delete')));
ALTER TABLE "operation" ADD CONSTRAINT "operation_slot" CHECK (("schedule_id" IS NULL) = ("scheduled_for" IS NULL));
ALTER TABLE "fire" ADD CONSTRAINT "fire_count" CHECK ("slot_count" >= 1);
