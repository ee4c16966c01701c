-- Named sets of schedules with retentions. The built-in ones are no rows, so that what an application has is an id
-- without a foreign key: plan, applications and schedules are locked in this order by whoever changes any of them.
CREATE TABLE "protection_plan" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "display_name" TEXT,
    "application_class_id" UUID,
    "time_zone" TEXT NOT NULL,
    "entries" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "protection_plan_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "protection_plan_organization_id_name_key" ON "protection_plan"("organization_id", "name");
ALTER TABLE "protection_plan" ADD CONSTRAINT "protection_plan_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "protection_plan" ADD CONSTRAINT "protection_plan_application_class_id_fkey" FOREIGN KEY ("application_class_id") REFERENCES "application_class"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "application_instance"
  ADD COLUMN "protection_plan_id" UUID,
  ADD COLUMN "protection_plan_time_zone" TEXT;
CREATE INDEX "application_instance_protection_plan_id_idx" ON "application_instance"("protection_plan_id");

ALTER TABLE "schedule"
  ADD COLUMN "protection_plan_id" UUID,
  ADD COLUMN "protection_plan_entry" TEXT;
CREATE INDEX "schedule_application_instance_id_idx" ON "schedule"("application_instance_id");

-- What Prisma's schema cannot say: a schedule is part of a plan by one of its entries, and an entry makes one schedule.
ALTER TABLE "schedule" ADD CONSTRAINT "schedule_of_plan" CHECK (("protection_plan_id" IS NULL) = ("protection_plan_entry" IS NULL));
CREATE UNIQUE INDEX "schedule_plan_entry" ON "schedule"("application_instance_id", "protection_plan_entry") WHERE "protection_plan_entry" IS NOT NULL AND "deleted_at" IS NULL;
