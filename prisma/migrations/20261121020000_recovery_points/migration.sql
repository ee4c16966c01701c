-- Copies that can be restored: the Backups that succeeded, with their expiry in the index, since most have expired.
CREATE INDEX "operation_recovery_point" ON "operation"("organization_id", "id", "expires_at") WHERE "type" = 'Backup' AND "phase" = 'Succeeded';
CREATE INDEX "operation_recovery_point_of_instance" ON "operation"("application_instance_id", "id", "expires_at") WHERE "type" = 'Backup' AND "phase" = 'Succeeded';
