# Any builder will do: BuildKit, Docker's classic one, podman. That is why there
# are no cache mounts; the modules have a layer of their own instead.
#
# The version is that of go.mod's toolchain line. Pin the tag to a digest where
# your registry is one you do not trust with the tag.
ARG GO_VERSION=1.26.10

FROM golang:${GO_VERSION}-bookworm AS build
# Another module proxy, where the build cannot reach the usual one.
ARG GOPROXY
ENV CGO_ENABLED=0 GOFLAGS=-buildvcs=false
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# What `geowarden version` says; .git stays outside, so nothing else knows it.
ARG VERSION
ARG COMMIT
RUN go build -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" -o /image/usr/bin/geowarden ./cmd/geowarden \
 && mkdir -p /image/etc/ssl/certs /image/etc/geowarden /image/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
 && chmod 1777 /image/tmp

# The program, the authorities that it trusts, and nothing else: no shell, no
# libc, no package manager.
FROM scratch
ARG VERSION
ARG COMMIT
LABEL org.opencontainers.image.title="Geowarden" \
      org.opencontainers.image.description="An authenticating reverse proxy in front of OGC API back ends" \
      org.opencontainers.image.source="https://github.com/geowarden/geowarden" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /image/ /
# A number, so that Kubernetes' runAsNonRoot can see that it is not root. Any
# other does as well.
USER 65532:65532
# A relative name in the settings, and .env, are looked for here.
WORKDIR /etc/geowarden
# Loopback would be the container's own. Without a mode the program refuses to
# listen here.
ENV HOST=0.0.0.0 PORT=5000
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 CMD ["/usr/bin/geowarden", "healthcheck"]
ENTRYPOINT ["/usr/bin/geowarden"]
CMD ["serve"]
