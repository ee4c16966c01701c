-- How the service's own tasks do, in all processes together: a row a task, written every few seconds by each process.
CREATE TABLE "task" (
  "name" TEXT NOT NULL,
  "role" TEXT NOT NULL,
  "period_seconds" DOUBLE PRECISION NOT NULL,
  "registered_at" TIMESTAMPTZ(3) NOT NULL,
  "seen_at" TIMESTAMPTZ(3) NOT NULL,
  "run_at" TIMESTAMPTZ(3),
  "last_success_at" TIMESTAMPTZ(3),
  CONSTRAINT "task_pkey" PRIMARY KEY ("name")
);
