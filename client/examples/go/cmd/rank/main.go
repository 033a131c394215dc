// Command rank ranks a pool as one message and as a stream, reads a refusal, meets a deadline, and asks over two rounds whether to go on.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"strings"
	"time"

	"example.com/querist"
	pb "example.com/querist/v1"
	rpc "google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

const classes = 3

// predictions stands for what a model says of the instances from low on: exact numbers that sum to 1.
func predictions(low, high int64) *pb.Pool {
	values := make([]float32, 0, (high-low)*classes)
	for index := low; index < high; index++ {
		first := 37 * index % 65
		second := 53 * index % (65 - first)
		values = append(values, float32(first)/64, float32(second)/64, float32(64-first-second)/64)
	}
	return &pb.Pool{Probabilities: querist.Float32s(values, high-low, classes)}
}

func header() *pb.SelectHeader {
	return &pb.SelectHeader{
		PlanSource:  &pb.SelectHeader_Strategy{Strategy: "margin"},
		Size:        &pb.SelectHeader_Count{Count: 10},
		Seed:        proto.Uint64(math.MaxUint64 - 2),
		RandomShare: 0.2,
	}
}

func numbers(values []int64) string { return strings.Trim(fmt.Sprint(values), "[]") }

// name is a status code as the protocol spells it, of which Go has another form.
func name(code codes.Code) string { return rpc.Code_name[int32(code)] }

func run(address string) error {
	client, err := querist.Dial(address, querist.Options{Token: os.Getenv("QUERIST_TOKEN")})
	if err != nil {
		return err
	}
	defer client.Conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the only timeout; without one a call may last for ever
	defer cancel()

	info, err := client.Info(ctx)
	if err != nil {
		return err
	}
	limits := info.Limits
	fmt.Println("server", info.ApiVersion, "message", limits.MaxMessageBytes, "block", limits.BlockBytes)

	unary, err := client.Select(ctx, &pb.SelectRequest{Header: header(), Pool: predictions(0, 1000)})
	if err != nil {
		return err
	}
	fmt.Println("unary", numbers(unary.Selected.Indices))

	rows, total, low := limits.BlockBytes/(4*classes), int64(300_000), int64(0)
	next := func() (querist.Block, error) {
		if low == total {
			return querist.Block{}, io.EOF
		}
		from := low
		if low += rows; low > total {
			low = total
		}
		return querist.Block{Rows: predictions(from, low), Count: low - from}, nil
	}
	scored := int64(0)
	streamed, err := client.SelectStream(ctx, header(), next, func(progress *pb.Progress) { scored = progress.RowsScored })
	if err != nil {
		return err
	}
	fmt.Println("stream", numbers(streamed.Selected.Indices), "of", streamed.Statistics.Rows, "progress", scored > 0)

	wrong := predictions(0, 5)
	copy(wrong.Probabilities.GetData()[2*classes*4:], querist.Float32s([]float32{1.5}, 1).GetData())
	_, err = client.Select(ctx, &pb.SelectRequest{Header: header(), Pool: wrong})
	why := querist.Explain(err)
	fmt.Println("refused", name(why.Code), why.Reason, why.Metadata["field"], "row", why.Metadata["row"], "fields", strings.Join(why.Fields, ","))

	over, end := context.WithTimeout(ctx, 0)
	defer end()
	_, err = client.Select(over, &pb.SelectRequest{Header: header(), Pool: predictions(0, 1000)})

	fmt.Println("late", name(querist.Explain(err).Code))

	budget := &pb.Criterion{Kind: &pb.Criterion_Budget{Budget: &pb.Budget{Labels: proto.Int64(60)}}}
	round := &pb.CampaignRound{
		Campaign: "example", Labelled: proto.Int64(40), Unlabelled: proto.Int64(1000), Criteria: []*pb.Criterion{budget},
	}
	first, err := client.AdviseStop(ctx, round)
	if err != nil {
		return err
	}
	round.State, round.Labelled, round.Unlabelled = first.State, proto.Int64(60), proto.Int64(980) // stored in between, unread
	second, err := client.AdviseStop(ctx, round)
	if err != nil {
		return err
	}
	fmt.Println("rounds", first.Stop.Verdict, second.Stop.Verdict, "after", second.Stop.Rounds)
	fmt.Println("retried", client.Retried)
	return nil
}

func main() {
	address := "127.0.0.1:50051"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := run(address); err != nil {
		log.Fatal(err)
	}
}
