-- Our own Operations that have ended and may be in their cluster, by when to look at them next.
CREATE INDEX "operation_tidy" ON "operation"("type", (coalesce("tidy_at", "finished_at")))
  WHERE "phase" IN ('Succeeded', 'Failed', 'Cancelled') AND "uid" IS NOT NULL AND "origin" <> 'cluster' AND "resource_left_at" IS NULL AND "resource_gone_at" IS NULL;
