module v2ray-stats.test/bench

go 1.26

require (
	github.com/xtls/xray-core v1.260327.0
	google.golang.org/grpc v1.79.3
)

require (
	github.com/pires/go-proxyproto v0.11.0 // indirect
	github.com/sagernet/sing v0.5.1 // indirect
	golang.org/x/net v0.52.0 // indirect
	golang.org/x/sys v0.42.0 // indirect
	golang.org/x/text v0.35.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20251202230838-ff82c1b0f217 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)
