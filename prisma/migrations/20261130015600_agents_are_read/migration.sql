-- Of what an agent posted, how much could not be read; and when that was last so.
ALTER TABLE "cluster" ADD COLUMN "agent_unreadable_count" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "cluster" ADD COLUMN "agent_unreadable_at" TIMESTAMPTZ(3);
