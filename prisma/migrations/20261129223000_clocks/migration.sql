-- When schedules were last fired, by whom: a start compares the time with it.
CREATE TABLE "last_tick" (
  "id" INTEGER NOT NULL DEFAULT 1,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "process_id" UUID NOT NULL,
  "ahead_ms" BIGINT NOT NULL,
  CONSTRAINT "last_tick_pkey" PRIMARY KEY ("id")
);

-- How far the clocks that a process can read are ahead of the database's.
CREATE TABLE "clock_reading" (
  "process_id" UUID NOT NULL,
  "source" TEXT NOT NULL,
  "ahead_ms" BIGINT NOT NULL,
  "read_at" TIMESTAMPTZ(3) NOT NULL,
  "doubt" TEXT,
  "doubted_at" TIMESTAMPTZ(3),
  CONSTRAINT "clock_reading_pkey" PRIMARY KEY ("process_id", "source")
);
