-- Which cluster answers at an address: the uid of its namespace kube-system. Copies made before `copies_from` were made
-- by a cluster that is not there any more.
ALTER TABLE "cluster" ADD COLUMN "kube_system_uid" TEXT;
ALTER TABLE "cluster" ADD COLUMN "copies_from" TIMESTAMPTZ(3);
CREATE INDEX "cluster_kube_system_uid_idx" ON "cluster"("kube_system_uid");
