-- Of the request that asked for it.
ALTER TABLE "operation" ADD COLUMN "request_id" TEXT;
-- A number for each row from now on, higher than all before, whichever version inserts it; 0 in the rows that are there.
ALTER TABLE "operation" ADD COLUMN "record_position" BIGINT NOT NULL DEFAULT 0;
CREATE SEQUENCE "operation_record_position_seq" AS BIGINT OWNED BY "operation"."record_position";
ALTER TABLE "operation" ALTER COLUMN "record_position" SET DEFAULT nextval('operation_record_position_seq'::regclass);
