-- Whether the operator of the cluster demands an approval of each Restore: Auto (as a check finds it), Required, NotRequired.
ALTER TABLE "cluster" ADD COLUMN "restore_approval" TEXT NOT NULL DEFAULT 'Auto';
