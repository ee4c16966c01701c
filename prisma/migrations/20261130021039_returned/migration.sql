-- Resources of ours that came back under another uid.
CREATE TABLE "returned_resource" (
  "operation_id" UUID NOT NULL,
  "uid" TEXT NOT NULL,
  "cluster_id" UUID NOT NULL,
  "namespace" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "resource_version" TEXT,
  "phase" TEXT NOT NULL,
  "seen_at" TIMESTAMPTZ(3) NOT NULL,
  "gone_at" TIMESTAMPTZ(3),
  "owed" TEXT,
  "next_attempt_at" TIMESTAMPTZ(3),
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "problem" TEXT,
  CONSTRAINT "returned_resource_pkey" PRIMARY KEY ("operation_id", "uid")
);
CREATE INDEX "returned_resource_cluster_id_idx" ON "returned_resource"("cluster_id");
ALTER TABLE "returned_resource" ADD CONSTRAINT "returned_resource_operation_id_fkey" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "returned_resource" ADD CONSTRAINT "returned_resource_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
