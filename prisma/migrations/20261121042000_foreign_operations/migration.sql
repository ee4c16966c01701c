-- Operations that somebody else made: the newest of a cluster, and those that wait for their application to be registered.
CREATE INDEX "operation_foreign" ON "operation"("cluster_id", "created_at") WHERE "foreign_uid" <> '';
CREATE INDEX "operation_unlinked" ON "operation"("cluster_id", "namespace", "target") WHERE "application_instance_id" IS NULL;
