// Package querist is a small client of Querist on generated stubs: connection, tensors, deadlines, retries, errors.
package querist

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"math"
	"math/rand"
	"net"
	"strings"
	"time"

	pb "example.com/querist/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// mostBytes is what this client takes in one message. gRPC itself takes 4 MiB; the server's limit is ServerLimits.max_message_bytes.
const mostBytes = 16 << 20

// Options are what a connection may need. The zero value is an unencrypted one without a token.
type Options struct {
	Token string      // sent with every call
	TLS   *tls.Config // nil: no encryption, for loopback and Unix sockets
}

// Client holds a connection. Every call takes its deadline from its context.
type Client struct {
	Conn      *grpc.ClientConn
	Selection pb.SelectionServiceClient
	System    pb.SystemServiceClient
	Retries   int // how often a refused call is sent again at most
	Retried   int // how often that happened
	token     string
}

// Dial connects to host:port or unix:/path.
func Dial(address string, options Options) (*Client, error) {
	dial := []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(mostBytes), grpc.MaxCallSendMsgSize(mostBytes)),
	}
	if options.TLS != nil {
		dial = append(dial, grpc.WithTransportCredentials(credentials.NewTLS(options.TLS)))
	} else {
		dial = append(dial, grpc.WithInsecure()) // newer grpc-go: WithTransportCredentials(insecure.NewCredentials())
	}
	target := address
	if strings.HasPrefix(address, "unix:") { // newer grpc-go knows unix: itself
		path := strings.TrimPrefix(address, "unix:")
		target = "passthrough:///localhost"
		dial = append(dial, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}))
	}
	conn, err := grpc.Dial(target, dial...)
	if err != nil {
		return nil, err
	}
	return &Client{
		Conn: conn, Selection: pb.NewSelectionServiceClient(conn), System: pb.NewSystemServiceClient(conn), Retries: 3, token: options.Token,
	}, nil
}

// Context adds the token to the metadata of a call.
func (client *Client) Context(ctx context.Context) context.Context {
	if client.token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+client.token)
}

// Info returns what the server is and takes.
func (client *Client) Info(ctx context.Context) (info *pb.GetServerInfoResponse, err error) {
	err = client.retry(ctx, func(ctx context.Context) error {
		info, err = client.System.GetServerInfo(ctx, &pb.GetServerInfoRequest{})
		return err
	})
	return info, err
}

// Select ranks a pool that fits one message.
func (client *Client) Select(ctx context.Context, request *pb.SelectRequest) (response *pb.SelectResponse, err error) {
	err = client.retry(ctx, func(ctx context.Context) error {
		response, err = client.Selection.Select(ctx, request)
		return err
	})
	return response, err
}

// AdviseStop says whether labelling should go on. Store the state of the answer, and send it with the next round.
func (client *Client) AdviseStop(ctx context.Context, round *pb.CampaignRound) (response *pb.AdviseStopResponse, err error) {
	err = client.retry(ctx, func(ctx context.Context) error {
		response, err = client.Selection.AdviseStop(ctx, &pb.AdviseStopRequest{Campaign: round})
		return err
	})
	return response, err
}

// Block is some consecutive rows of a pool, about 2 MiB.
type Block struct {
	Rows  *pb.Pool
	Count int64
}

// SelectStream ranks a pool that comes in blocks; next returns io.EOF after the last. It writes while it reads.
func (client *Client) SelectStream(
	ctx context.Context, header *pb.SelectHeader, next func() (Block, error), progress func(*pb.Progress),
) (*pb.SelectResponse, error) {
	ctx, cancel := context.WithCancel(client.Context(ctx)) // ends the writer if reading ends early
	defer cancel()
	stream, err := client.Selection.SelectStream(ctx)
	if err != nil {
		return nil, err
	}
	source := make(chan error, 1)
	go func() { source <- send(stream, header, next, cancel) }()
	chosen := &pb.Selected{}
	for {
		answer, err := stream.Recv()
		if err != nil {
			select {
			case failed := <-source:
				if failed != nil {
					return nil, failed
				}
			default:
			}
			return nil, err
		}
		switch event := answer.Event.(type) {
		case *pb.SelectStreamResponse_Progress:
			progress(event.Progress)
		case *pb.SelectStreamResponse_Selected: // a piece of a selection too long for one message
			proto.Merge(chosen, event.Selected) // appends to each column
		case *pb.SelectStreamResponse_Result:
			proto.Merge(chosen, event.Result.Selected)
			event.Result.Selected = chosen
			return event.Result, nil
		}
	}
}

// send returns what went wrong with the source of blocks. What goes wrong with the call is told by Recv.
func send(stream pb.SelectionService_SelectStreamClient, header *pb.SelectHeader, next func() (Block, error), cancel func()) error {
	message := &pb.SelectStreamRequest{Part: &pb.SelectStreamRequest_Header{Header: header}}
	for first := int64(0); stream.Send(message) == nil; {
		block, err := next()
		if err == io.EOF {
			_ = stream.CloseSend()
			return nil
		}
		if err != nil {
			cancel()
			return err
		}
		rows := &pb.RowBlock{FirstRow: first, Rows: block.Rows}
		message = &pb.SelectStreamRequest{Part: &pb.SelectStreamRequest_Block{Block: rows}}
		first += block.Count
	}
	return nil
}

// retry calls until it works, the reason does not pass, or there is no time or attempt left. All attempts share the context's deadline.
func (client *Client) retry(ctx context.Context, call func(context.Context) error) error {
	for attempt := 0; ; attempt++ {
		err := call(client.Context(ctx))
		if err == nil || attempt == client.Retries {
			return err
		}
		why := Explain(err)
		if !why.Passing {
			return err
		}
		wait := time.Duration(float64(100*time.Millisecond<<attempt) * (0.5 + rand.Float64()/2))
		if wait < why.RetryAfter {
			wait = why.RetryAfter
		}
		if deadline, ok := ctx.Deadline(); ok && time.Now().Add(wait).After(deadline) {
			return err
		}
		select {
		case <-time.After(wait):
			client.Retried++
		case <-ctx.Done():
			return err
		}
	}
}

// Failure is what an error says beside its sentence.
type Failure struct {
	Code       codes.Code
	Reason     string // a name of ErrorReason
	Metadata   map[string]string
	Fields     []string // paths in the request
	RetryAfter time.Duration
	Passing    bool // whether trying again helps
}

// Explain reads the details of an error.
func Explain(err error) Failure {
	said := status.Convert(err)
	failure := Failure{Code: said.Code(), Metadata: map[string]string{}, Fields: []string{}}
	for _, detail := range said.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			failure.Reason = detail.Reason
			for name, value := range detail.Metadata {
				failure.Metadata[name] = value
			}
		case *errdetails.BadRequest:
			for _, violation := range detail.FieldViolations {
				failure.Fields = append(failure.Fields, violation.Field)
			}
		case *errdetails.RetryInfo:
			failure.RetryAfter = detail.RetryDelay.AsDuration()
		}
	}
	full := failure.Code == codes.ResourceExhausted && failure.Reason != "LIMIT_EXCEEDED"
	failure.Passing = full || failure.Code == codes.Unavailable
	return failure
}

// Float32s packs numbers as raw bytes: little-endian whatever the machine is, the last index fastest.
func Float32s(values []float32, shape ...int64) *pb.Tensor {
	data := make([]byte, 4*len(values))
	for index, value := range values {
		binary.LittleEndian.PutUint32(data[4*index:], math.Float32bits(value))
	}
	return &pb.Tensor{Dtype: pb.DataType_DATA_TYPE_FLOAT32, Shape: shape, Source: &pb.Tensor_Data{Data: data}}
}
