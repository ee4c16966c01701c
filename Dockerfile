# The service as an image: every role is this image with another ROLES.
# There is no build step, so the image is Node, the dependencies and the sources, and nothing of the tests.
# It has no embedded PostgreSQL (an optional dependency): DATABASE_URL is required, REDIS_URL recommended.

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
WORKDIR /app
COPY package.json ./
COPY --from=packages /app/node_modules ./node_modules
COPY prisma/migrations ./prisma/migrations
COPY openapi ./openapi
COPY src ./src
USER node
# 8080: the API. 9464: metrics, for Prometheus only (METRICS_HOST=0.0.0.0).
EXPOSE 8080 9464
# Alive, whatever PostgreSQL, Redis or a cluster does: a restart would not help those. Every role answers it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the process that gets SIGTERM: it drains, then ends. Run with an init (docker run --init).
CMD ["node", "src/main.ts"]
