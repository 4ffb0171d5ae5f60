// Command client is grpc-go with Xray's generated stubs, measured as the Node clients are (see ../../clients/measure.ts).
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/xtls/xray-core/app/stats/command"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func main() {
	mode, address := os.Args[1], os.Args[2]
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<30)))
	if err != nil {
		log.Fatal(err)
	}
	switch mode {
	case "poll":
		polls, err := strconv.Atoi(os.Args[3])
		if err != nil {
			log.Fatal(err)
		}
		poll(connection, polls)
	case "first":
		call(connection, "GetStats", &command.GetStatsRequest{Name: os.Args[3]}, &command.GetStatsResponse{})
		print(map[string]any{"cpuMs": cpuMs()})
	default:
		log.Fatalf("no mode %q", mode)
	}
}

// call uses V2Ray's name of the service, which every core knows; the generated client would use Xray's.
func call(connection *grpc.ClientConn, method string, request, response any) {
	path := "/v2ray.core.app.stats.command.StatsService/" + method
	if err := connection.Invoke(context.Background(), path, request, response); err != nil {
		log.Fatal(err)
	}
}

func poll(connection *grpc.ClientConn, polls int) {
	var wallMs, cpu []float64
	counters := 0
	for range polls {
		start, before := time.Now(), cpuMs()
		response := &command.QueryStatsResponse{}
		call(connection, "QueryStats", &command.QueryStatsRequest{}, response)
		counters = len(response.Stat)
		wallMs = append(wallMs, float64(time.Since(start).Microseconds())/1000)
		cpu = append(cpu, cpuMs()-before)
	}
	print(map[string]any{"wallMs": wallMs, "cpuMs": cpu, "rssMb": peakRssMb(), "counters": counters})
}

func cpuMs() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}

// peakRssMb is 0 where there is no /proc. Not Maxrss: that begins with the size of the process that started this one.
func peakRssMb() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if words := strings.Fields(line); words[0] == "VmHWM:" {
			kib, _ := strconv.ParseFloat(words[1], 64)
			return kib / 1024
		}
	}
	return 0
}

func print(result any) {
	text, err := json.Marshal(result)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}
