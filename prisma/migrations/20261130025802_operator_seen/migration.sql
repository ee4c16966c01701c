-- When a status in the cluster was last seen to change, to within half a minute: a sign that its operator lives.
ALTER TABLE "cluster" ADD COLUMN "operator_seen_at" TIMESTAMPTZ(3);
