ALTER TABLE "application_class" ADD COLUMN "recovery_point_target_seconds" INTEGER;

-- Events tell their application, also those of before.
ALTER TABLE "event" ADD COLUMN "application_instance_id" UUID;
UPDATE "event" e SET "application_instance_id" = o."application_instance_id" FROM "operation" o WHERE o."id" = e."operation_id";
CREATE INDEX "event_application_instance_id_id_idx" ON "event"("application_instance_id", "id");

-- What was told last of an application's protection.
CREATE TABLE "protection" (
    "application_instance_id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "severity" INTEGER NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "expiring_operation_id" UUID,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "protection_pkey" PRIMARY KEY ("application_instance_id")
);
CREATE INDEX "protection_organization_id_severity_application_instance_id_idx" ON "protection"("organization_id", "severity", "application_instance_id");
ALTER TABLE "protection" ADD CONSTRAINT "protection_application_instance_id_fkey" FOREIGN KEY ("application_instance_id") REFERENCES "application_instance"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Whether a Backup of the application is in flight, without a look at all that ended.
CREATE INDEX "operation_backing_up" ON "operation"("application_instance_id") WHERE "type" = 'Backup' AND "phase" IN ('Pending', 'Running');
