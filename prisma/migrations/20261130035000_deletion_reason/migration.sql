-- Deletions that are owed for another reason than a cancel. They are not in "owed", where the version before would carry
-- them out without looking at the reason.
ALTER TABLE "operation" ADD COLUMN "deletion_reason" TEXT;
-- Since when the cluster states that the resource is being deleted.
ALTER TABLE "operation" ADD COLUMN "deleting_since" TIMESTAMPTZ(3);
CREATE INDEX "operation_due" ON "operation"("cluster_id", "next_attempt_at") WHERE "owed" IS NOT NULL OR "deletion_reason" IS NOT NULL;
CREATE INDEX "operation_deleting" ON "operation"("deleting_since") WHERE "deleting_since" IS NOT NULL;
-- NOT VALID: each row kept the narrower one, so none has to be read again under the lock.
ALTER TABLE "operation" DROP CONSTRAINT "operation_owed_when";
ALTER TABLE "operation" ADD CONSTRAINT "operation_owed_when" CHECK (
  ("owed" IS NULL OR ("owed" IN ('Apply', 'Delete') AND "next_attempt_at" IS NOT NULL))
  AND ("deletion_reason" IS NULL OR "deletion_reason" IN ('Withdraw', 'Tidy'))
  AND ("next_attempt_at" IS NULL OR "owed" IS NOT NULL OR "deletion_reason" IS NOT NULL)
) NOT VALID;
