-- Restores that have ended here and are in flight again in their cluster: few rows, whatever the history.
CREATE INDEX "operation_restoring_again" ON "operation"("application_instance_id") WHERE "type" = 'Restore' AND "in_flight_in_cluster" IS NOT NULL;
