-- A cluster that said when to come back is left alone until then, by every replica. Few are, and they are looked for at
-- each sweep.
ALTER TABLE "cluster" ADD COLUMN "throttled_until" TIMESTAMPTZ(3);
CREATE INDEX "cluster_throttled" ON "cluster"("id", "throttled_until") WHERE "throttled_until" IS NOT NULL;
