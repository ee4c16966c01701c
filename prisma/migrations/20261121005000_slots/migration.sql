-- A schedule knows the first slot that is not accounted for, apart from when it is looked at next.
ALTER TABLE "schedule"
  ALTER COLUMN "schedule" DROP NOT NULL,
  ADD COLUMN "at" TIMESTAMPTZ(3),
  ADD COLUMN "starts_at" TIMESTAMPTZ(3),
  ADD COLUMN "ends_at" TIMESTAMPTZ(3),
  ADD COLUMN "spread_seconds" INTEGER,
  ADD COLUMN "concurrency_policy" TEXT NOT NULL DEFAULT 'Forbid',
  ADD COLUMN "starting_deadline_seconds" INTEGER,
  ADD COLUMN "missed_fires" TEXT NOT NULL DEFAULT 'Latest',
  ADD COLUMN "failure_policy" JSONB,
  ADD COLUMN "failures_from" TIMESTAMPTZ(3),
  ADD COLUMN "suspend_reason" TEXT,
  ADD COLUMN "resume_at" TIMESTAMPTZ(3),
  ADD COLUMN "next_slot_at" TIMESTAMPTZ(3),
  ADD COLUMN "accounted_until" TIMESTAMPTZ(3),
  ADD COLUMN "deferred_reason" TEXT;

UPDATE "schedule" SET "next_slot_at" = COALESCE("next_fire_at", "updated_at");
UPDATE "schedule" SET "next_slot_at" = NULL WHERE "deleted_at" IS NOT NULL;

ALTER TABLE "schedule" DROP CONSTRAINT "schedule_silent_when_suspended";
ALTER TABLE "schedule" ADD CONSTRAINT "schedule_silent_when_suspended"
  CHECK ("next_fire_at" IS NULL OR ("deleted_at" IS NULL AND (NOT "suspend" OR "resume_at" IS NOT NULL)));
ALTER TABLE "schedule" ADD CONSTRAINT "schedule_recurs_or_once" CHECK (("schedule" IS NULL) <> ("at" IS NULL));

ALTER TABLE "fire" ADD COLUMN "triggered_by" TEXT;

-- Suspension of everything of a cluster or an organization, and their limits.
ALTER TABLE "organization"
  ADD COLUMN "minimum_interval_seconds" INTEGER,
  ADD COLUMN "suspend" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "suspend_reason" TEXT,
  ADD COLUMN "updated_at" TIMESTAMPTZ(3),
  ADD COLUMN "revision" INTEGER NOT NULL DEFAULT 1;
UPDATE "organization" SET "updated_at" = "created_at";
ALTER TABLE "organization" ALTER COLUMN "updated_at" SET NOT NULL;

ALTER TABLE "cluster"
  ADD COLUMN "in_flight_limit" INTEGER,
  ADD COLUMN "suspend" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "suspend_reason" TEXT;

CREATE TABLE "blackout_window" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "cluster_id" UUID,
    "schedule_id" UUID,
    "name" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "days" TEXT[],
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    "behavior" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "blackout_window_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "blackout_window_organization_id_name_key" ON "blackout_window"("organization_id", "name");
ALTER TABLE "blackout_window" ADD CONSTRAINT "blackout_window_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "blackout_window" ADD CONSTRAINT "blackout_window_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "blackout_window" ADD CONSTRAINT "blackout_window_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "schedule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What a fire asks: is one of its own, or a restore of its application, in flight?
CREATE INDEX "operation_in_flight_of_schedule" ON "operation"("schedule_id") WHERE "phase" IN ('Pending', 'Running');
CREATE INDEX "operation_restoring" ON "operation"("application_instance_id") WHERE "phase" IN ('Pending', 'Running') AND "type" = 'Restore';
