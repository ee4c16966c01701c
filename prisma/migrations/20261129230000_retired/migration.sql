-- A retired application or cluster keeps its history and leaves its name to the next. The version before only inserts
-- and updates under these keys, so it needs them to hold for what is not retired, and they do at every moment.
ALTER TABLE "application_instance" ADD COLUMN "retired_at" TIMESTAMPTZ(3);
ALTER TABLE "cluster" ADD COLUMN "retired_at" TIMESTAMPTZ(3);

CREATE UNIQUE INDEX "application_instance_place" ON "application_instance"("cluster_id", "namespace", "name") WHERE "retired_at" IS NULL;
CREATE UNIQUE INDEX "cluster_name" ON "cluster"("organization_id", "name") WHERE "retired_at" IS NULL;
DROP INDEX "application_instance_cluster_id_namespace_name_key";
DROP INDEX "cluster_organization_id_name_key";
