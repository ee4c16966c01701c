-- The token before the present one, which stays good for a while; what the agent's stream tells of itself; and when the
-- connector was last asked to list everything again, since that is done at most once a minute.
ALTER TABLE "cluster"
  ADD COLUMN "agent_previous_token_hash" TEXT,
  ADD COLUMN "agent_previous_token_until" TIMESTAMPTZ(3),
  ADD COLUMN "agent_heartbeat_at" TIMESTAMPTZ(3),
  ADD COLUMN "agent_gap_told_at" TIMESTAMPTZ(3),
  ADD COLUMN "relist_raised_at" TIMESTAMPTZ(3),
  ADD COLUMN "relist_wanted" BOOLEAN NOT NULL DEFAULT false;
CREATE UNIQUE INDEX "cluster_agent_previous_token_hash_key" ON "cluster"("agent_previous_token_hash");
