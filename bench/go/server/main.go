// Command server is Xray's own statistics manager and API over a table of user counters. Before each full read it
// adds bytes to one counter in a hundred, as traffic would. It prints its address and serves until it is killed.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"net"

	"github.com/xtls/xray-core/app/stats"
	"github.com/xtls/xray-core/app/stats/command"
	corelog "github.com/xtls/xray-core/common/log"
	features "github.com/xtls/xray-core/features/stats"
	"google.golang.org/grpc"
)

// silence takes the line that the manager logs for every counter.
type silence struct{}

func (silence) Handle(corelog.Message) {}

func main() {
	size := flag.Int("counters", 100_000, "how many counters")
	flag.Parse()
	corelog.RegisterHandler(silence{})

	manager, err := stats.NewManager(context.Background(), &stats.Config{})
	if err != nil {
		log.Fatal(err)
	}
	counters := make([]features.Counter, *size)
	for i := range counters {
		direction := [...]string{"uplink", "downlink"}[i%2]
		counter, err := manager.RegisterCounter(fmt.Sprintf("user>>>user%06d@example.com>>>traffic>>>%s", i/2, direction))
		if err != nil {
			log.Fatal(err)
		}
		counter.Set(int64(math.Pow(10, 3+9*rand.Float64()))) // 1 kB to 1 TB
		counters[i] = counter
	}

	server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		if _, full := request.(*command.QueryStatsRequest); full {
			for range len(counters) / 100 {
				counters[rand.IntN(len(counters))].Add(1 + rand.Int64N(1_000_000))
			}
		}
		return next(ctx, request)
	}))
	service := command.NewStatsServer(manager)
	command.RegisterStatsServiceServer(server, service)
	// Xray serves V2Ray's name as well.
	description := command.StatsService_ServiceDesc
	description.ServiceName = "v2ray.core.app.stats.command.StatsService"
	server.RegisterService(&description, service)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(server.Serve(listener))
}
