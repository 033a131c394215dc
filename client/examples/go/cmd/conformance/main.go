// Command conformance replays the conformance files: it sends what each holds and compares what comes back, numbers to the last bit.
// usage: conformance ADDRESS FILE...
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"strings"
	"time"

	"example.com/querist"
	_ "example.com/querist/v1" // registers the messages and methods, which are looked up by name
	rpc "google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

type refusal struct {
	Code     string            `json:"code"`
	Reason   string            `json:"reason"`
	Metadata map[string]string `json:"metadata"`
	Fields   []string          `json:"fields"`
}

type conformance struct {
	Name      string            `json:"name"`
	Method    string            `json:"method"`
	Requests  []json.RawMessage `json:"requests"`
	Ignored   []string          `json:"ignored"`
	Responses []json.RawMessage `json:"responses"`
	Error     *refusal          `json:"error"`
}

// clear clears a field, in each entry of a repeated one above it.
func clear(message protoreflect.Message, path []string) {
	field := message.Descriptor().Fields().ByName(protoreflect.Name(path[0]))
	switch {
	case len(path) == 1:
		message.Clear(field)
	case field.IsList():
		for list, index := message.Get(field).List(), 0; index < list.Len(); index++ {
			clear(list.Get(index).Message(), path[1:])
		}
	case message.Has(field):
		clear(message.Mutable(field).Message(), path[1:])
	}
}

func parse(kind protoreflect.MessageType, texts []json.RawMessage) ([]proto.Message, error) {
	messages := make([]proto.Message, len(texts))
	for index, text := range texts {
		messages[index] = kind.New().Interface()
		if err := protojson.Unmarshal(text, messages[index]); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

// call makes a call of any kind as a stream, which unary calls are on the wire.
func call(client *querist.Client, method string, requests []proto.Message, kind protoreflect.MessageType) ([]proto.Message, error) {
	ctx, cancel := context.WithTimeout(client.Context(context.Background()), 30*time.Second)
	defer cancel()
	stream, err := client.Conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/"+method)
	if err != nil {
		return nil, err
	}
	for _, request := range requests {
		if stream.SendMsg(request) != nil {
			break // the reason comes with RecvMsg
		}
	}
	_ = stream.CloseSend()
	var answers []proto.Message
	for {
		answer := kind.New().Interface()
		if err := stream.RecvMsg(answer); err == io.EOF {
			return answers, nil
		} else if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
	}
}

func replay(client *querist.Client, known conformance) (bool, error) {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(strings.ReplaceAll(known.Method, "/", ".")))
	if err != nil {
		return false, err
	}
	method := found.(protoreflect.MethodDescriptor)
	up, err := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
	if err != nil {
		return false, err
	}
	down, err := protoregistry.GlobalTypes.FindMessageByName(method.Output().FullName())
	if err != nil {
		return false, err
	}
	requests, err := parse(up, known.Requests)
	if err != nil {
		return false, err
	}
	answers, failed := call(client, known.Method, requests, down)
	if failed != nil || known.Error != nil {
		why := querist.Explain(failed)
		got := refusal{rpc.Code_name[int32(why.Code)], why.Reason, why.Metadata, why.Fields}
		return known.Error != nil && reflect.DeepEqual(got, *known.Error), nil
	}
	expected, err := parse(down, known.Responses)
	if err != nil {
		return false, err
	}
	kept := answers[:0]
	for _, answer := range answers {
		for _, path := range known.Ignored {
			clear(answer.ProtoReflect(), strings.Split(path, "."))
		}
		if !method.IsStreamingServer() || proto.Size(answer) > 0 {
			kept = append(kept, answer)
		}
	}
	same := len(kept) == len(expected)
	for index := 0; same && index < len(kept); index++ {
		same = proto.Equal(kept[index], expected[index])
	}
	return same, nil
}

func main() {
	client, err := querist.Dial(os.Args[1], querist.Options{Token: os.Getenv("QUERIST_TOKEN")})
	if err != nil {
		log.Fatal(err)
	}
	failed := false
	for _, file := range os.Args[2:] {
		var known conformance
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &known)
		}
		if err != nil {
			log.Fatal(file, ": ", err)
		}
		same, err := replay(client, known)
		if err != nil {
			log.Fatal(file, ": ", err)
		}
		verdict := map[bool]string{true: "same", false: "DIFFERENT"}[same]
		fmt.Println(verdict, known.Name)
		failed = failed || !same
	}
	if failed {
		os.Exit(1)
	}
}
