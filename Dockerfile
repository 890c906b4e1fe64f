# Three stages: the front end by Node, the binary by Go and gcc, and then nothing but the binary.

FROM node:20-bookworm-slim AS assets
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY static static
# The build draws only those icons that pages use.
COPY views views
RUN node static/build.mjs

FROM golang:1.26.8-bookworm AS binary
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=assets /src/static/dist static/dist
ARG VERSION=dev
ARG COMMIT=unknown
RUN make binary VERSION="$VERSION" COMMIT="$COMMIT"
# Uploads pass through /tmp. Both folders get their owner here, for scratch has no chown.
RUN mkdir -p /root-of-image/data /root-of-image/tmp && chmod 700 /root-of-image/data && chmod 1777 /root-of-image/tmp

FROM scratch
COPY --from=binary --chown=65532:65532 /root-of-image/ /
COPY --from=binary /src/deskbell /deskbell
COPY litestream.yml /litestream.yml
USER 65532:65532
WORKDIR /
ENV DESKBELL_DATA=/data DESKBELL_LISTEN=:8080
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["/deskbell", "healthcheck"]
ENTRYPOINT ["/deskbell"]
CMD ["serve"]
