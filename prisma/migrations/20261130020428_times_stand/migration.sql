-- Exactly, where somebody else applied a time to live that is not in whole hours.
ALTER TABLE "operation" ADD COLUMN "ttl_seconds" INTEGER;
-- It has ended here, and the cluster states it as Pending or Running.
ALTER TABLE "operation" ADD COLUMN "in_flight_in_cluster" JSONB;
-- Its end is known from single conditions only.
ALTER TABLE "operation" ADD COLUMN "end_is_posted" BOOLEAN;
