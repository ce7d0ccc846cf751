package io.selvage.master.control;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.master.loop.Doors;
import io.selvage.master.loop.Questions;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.threads.ThreadStacks;
import io.selvage.protocol.wire.CancelJobRequest;
import io.selvage.protocol.wire.CancelJobResponse;
import io.selvage.protocol.wire.DescribeSavepointRequest;
import io.selvage.protocol.wire.DescribeSessionRequest;
import io.selvage.protocol.wire.DrillRequest;
import io.selvage.protocol.wire.DrillResponse;
import io.selvage.protocol.wire.DumpThreads;
import io.selvage.protocol.wire.ListJobsRequest;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.RequestCheckpointRequest;
import io.selvage.protocol.wire.RequestCheckpointResponse;
import io.selvage.protocol.wire.RescaleJobRequest;
import io.selvage.protocol.wire.RescaleJobResponse;
import io.selvage.protocol.wire.SavepointDescription;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SessionServiceGrpc;
import io.selvage.protocol.wire.ShowThreadsRequest;
import io.selvage.protocol.wire.ShowThreadsResponse;
import io.selvage.protocol.wire.StopSessionRequest;
import io.selvage.protocol.wire.StopSessionResponse;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubmitJobResponse;
import io.selvage.protocol.wire.TakeSavepointRequest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Called by the transport's threads. Each call becomes an event; its answer comes from the loop. Only what threads do
 * is told past the loop: what hangs can't say where.
 */
final class SessionEndpoint extends SessionServiceGrpc.SessionServiceImplBase {
    private final Questions questions;
    private final ExecutorEndpoint executors;
    private final Doors doors;

    SessionEndpoint(Questions questions, ExecutorEndpoint executors, Doors doors) {
        this.questions = questions;
        this.executors = executors;
        this.doors = doors;
    }

    @Override
    public void submitJob(SubmitJobRequest request, StreamObserver<SubmitJobResponse> response) {
        ask(id -> new MasterEvent.SubmissionRequested(id, request), SubmitJobResponse.class, response);
    }

    @Override
    public void listJobs(ListJobsRequest request, StreamObserver<ListJobsResponse> response) {
        ask(
                id -> new MasterEvent.JobsQueried(id, request.getJobId(), request.getDetailed()),
                ListJobsResponse.class,
                response);
    }

    @Override
    public void cancelJob(CancelJobRequest request, StreamObserver<CancelJobResponse> response) {
        ask(id -> new MasterEvent.CancelRequested(id, request.getJobId()), CancelJobResponse.class, response);
    }

    @Override
    public void takeSavepoint(TakeSavepointRequest request, StreamObserver<SavepointDescription> response) {
        ask(id -> new MasterEvent.SavepointRequested(id, request), SavepointDescription.class, response);
    }

    @Override
    public void describeSavepoint(DescribeSavepointRequest request, StreamObserver<SavepointDescription> response) {
        ask(id -> new MasterEvent.SavepointQueried(id, request), SavepointDescription.class, response);
    }

    @Override
    public void requestCheckpoint(
            RequestCheckpointRequest request, StreamObserver<RequestCheckpointResponse> response) {
        ask(
                id -> new MasterEvent.CheckpointRequested(id, request.getJobId()),
                RequestCheckpointResponse.class,
                response);
    }

    @Override
    public void rescaleJob(RescaleJobRequest request, StreamObserver<RescaleJobResponse> response) {
        ask(id -> new MasterEvent.RescaleRequested(id, request), RescaleJobResponse.class, response);
    }

    @Override
    public void describeSession(DescribeSessionRequest request, StreamObserver<SessionDescription> response) {
        ask(doors::sessionQuestion, SessionDescription.class, response);
    }

    @Override
    public void drill(DrillRequest request, StreamObserver<DrillResponse> response) {
        ask(id -> new MasterEvent.DrillRequested(id, request), DrillResponse.class, response);
    }

    @Override
    public void stopSession(StopSessionRequest request, StreamObserver<StopSessionResponse> response) {
        ask(id -> new MasterEvent.SessionStopRequested(id, request.getReason()), StopSessionResponse.class, response);
    }

    @Override
    public void showThreads(ShowThreadsRequest request, StreamObserver<ShowThreadsResponse> response) {
        mayHangUp(response);
        DumpThreads question = DumpThreads.newBuilder()
                .setName(request.getThreadName())
                .setIsPrefix(request.getIsPrefix())
                .build();
        CompletableFuture<ShowThreadsResponse> answer = request.getExecutorId().isBlank()
                ? CompletableFuture.completedFuture(ShowThreadsResponse.newBuilder()
                        .setDump(ThreadStacks.take(question))
                        .build())
                : executors.showThreads(new ExecutorId(request.getExecutorId()), question);
        answer.thenAccept(message -> {
            response.onNext(message);
            response.onCompleted();
        });
    }

    /** A client that has hung up misses its answer; that is no error of the master's. */
    private static <T> void mayHangUp(StreamObserver<T> response) {
        ((ServerCallStreamObserver<T>) response).setOnCancelHandler(() -> {});
    }

    private <T extends Message> void ask(
            Function<RequestId, MasterEvent> question, Class<T> kind, StreamObserver<T> response) {
        mayHangUp(response);
        Optional<CompletableFuture<Message>> answer = questions.tryAsk(question);
        if (answer.isEmpty()) {
            response.onError(Status.RESOURCE_EXHAUSTED
                    .withDescription("Too many calls wait for the master: try again in a moment.")
                    .asRuntimeException());
            return;
        }
        answer.get().thenAccept(message -> {
            response.onNext(kind.cast(message));
            response.onCompleted();
        });
    }
}
