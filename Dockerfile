# One project, served: docs/deploying.md. Nothing that builds it is in the image that runs it.
FROM node:24-slim AS build
WORKDIR /src
COPY . .
RUN mkdir /package \
  && npm ci --ignore-scripts \
  && npm run build \
  && npm pack --ignore-scripts --pack-destination /package

FROM node:24-slim
COPY --from=build /package /package
RUN npm install --global --ignore-scripts --no-audit --no-fund /package/openislands-*.tgz \
  && rm -rf /package /root/.npm \
  && mkdir /project \
  && chown node:node /project

USER node
WORKDIR /project
VOLUME /project
EXPOSE 4321

# It is asked inside of the container, where loopback is served as well, and needs no token for this.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4321/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# Other machines are served, so it ends at once unless there is a token: OPENISLANDS_TOKEN, or --token-file.
ENTRYPOINT ["openislands"]
CMD ["serve", "--host", "0.0.0.0", "--log", "json"]
