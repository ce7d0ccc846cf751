package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.QueueACL;
import org.apache.hadoop.yarn.api.records.QueueConfigurations;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.api.records.QueueState;
import org.apache.hadoop.yarn.api.records.QueueUserACLInfo;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;

class QueuesTest {
    private static final Queues QUEUES = Queues.of(
            List.of(
                    queue("default", "root.default", QueueState.RUNNING),
                    queue(
                            "etl",
                            "root.etl",
                            QueueState.RUNNING,
                            queue("nightly", "root.etl.nightly", QueueState.RUNNING)),
                    queue("nightly", "root.etl.nightly", QueueState.RUNNING),
                    queue("closed", "root.closed", QueueState.STOPPED),
                    queue("theirs", "root.theirs", QueueState.RUNNING)),
            List.of(
                    rights("root.default", QueueACL.SUBMIT_APPLICATIONS),
                    rights("root.etl.nightly", QueueACL.ADMINISTER_QUEUE),
                    rights("root.theirs")));

    @Test
    void aQueueIsFoundByItsNameAndByItsPath() {
        for (String name : List.of("nightly", "root.etl.nightly", "etl.nightly")) {
            assertThat(QUEUES.choose(name).queue().path()).as(name).isEqualTo("root.etl.nightly");
        }
    }

    @Test
    void aQueuesOwnLabelIsKnownAndThatOfOneThatMayYetBeChosenIsNot() {
        QueueInfo gpus = queue("gpus", "root.gpus", QueueState.RUNNING);
        gpus.setDefaultNodeLabelExpression(" gpu ");
        Queues queues = Queues.of(List.of(gpus, queue("default", "root.default", QueueState.RUNNING)), List.of());
        assertThat(queues.choose("gpus").queue().defaultLabel()).isEqualTo("gpu");
        assertThat(queues.choose("default").queue().defaultLabel()).isEmpty();
        assertThat(queues.choose("root.default.anna").queue().defaultLabel()).isNull();
    }

    @Test
    void aMissingQueueIsRefusedWithTheNearestAndAllThatWouldDo() {
        assertRefused(
                "nigthly",
                "The cluster has no queue \"nigthly\". Did you mean nightly? Choose one of these with -qu: default,"
                        + " nightly.");
        assertRefused(
                "production",
                "The cluster has no queue \"production\". Choose one of these with -qu: default, nightly.");
    }

    @Test
    void aQueueThatTakesNoneIsRefused() {
        assertRefused(
                "etl", "The queue \"etl\" only holds other queues. Choose one of these with -qu: default, nightly.");
        assertRefused(
                "closed",
                "The queue \"closed\" takes no applications: it is STOPPED. Choose one of these with -qu: default,"
                        + " nightly.");
    }

    @Test
    void aQueueThatIsClosedToTheUserIsRefused() {
        assertRefused(
                "theirs",
                "You may not put applications into the queue \"theirs\": its ACL names neither you nor a group of yours."
                        + " Choose one of these with -qu: default, nightly.");
    }

    @Test
    void whereNothingIsOpenNothingIsSuggested() {
        Queues none = Queues.of(List.of(queue("closed", "root.closed", QueueState.DRAINING)), List.of());
        assertThatThrownBy(() -> none.choose("closed"))
                .hasMessage("The queue \"closed\" takes no applications: it is DRAINING. There is none that takes"
                        + " applications of yours: ask whoever runs the cluster for one.");
    }

    @Test
    void leavesOfOneNameAreToldApartByTheirPaths() {
        Queues twins = Queues.of(
                List.of(
                        queue("jobs", "root.a.jobs", QueueState.RUNNING),
                        queue("jobs", "root.b.jobs", QueueState.RUNNING)),
                List.of());
        assertThatThrownBy(() -> twins.choose("x"))
                .hasMessageEndingWith("Choose one of these with -qu: root.a.jobs, root.b.jobs.");
    }

    @Test
    void aSchedulerThatNamesNeitherPathNorRightsNorLimitsRefusesNothing() {
        QueueInfo plain = queue("default", "", QueueState.RUNNING);
        Queues.Queue queue =
                Queues.of(List.of(plain), List.of()).choose("default").queue();
        assertThat(queue.path()).isEqualTo("default");
        assertThat(queue.most()).isEmpty();
        assertThat(queue.isSubmittable()).isTrue();
        assertThat(queue.mayUse("")).isTrue();
        assertThat(queue.mayUse("gpu")).isFalse();
    }

    @Test
    void whatAQueueMayHaveIsKnownForEachLabel() {
        QueueInfo queue = queue("default", "root.default", QueueState.RUNNING);
        QueueConfigurations configured = QueueConfigurations.newInstance(1, 1, 1, 1, 1);
        configured.setEffectiveMaxCapacity(Resource.newInstance(4096, 3));
        QueueConfigurations unknown = QueueConfigurations.newInstance(1, 1, 1, 1, 1);
        unknown.setEffectiveMaxCapacity(Resource.newInstance(0, 0));
        queue.setQueueConfigurations(Map.of("gpu", configured, "ssd", unknown));
        assertThat(Queues.of(List.of(queue), List.of())
                        .choose("default")
                        .queue()
                        .most())
                .containsExactly(Map.entry("gpu", new Queues.Size(4096, 3)));
    }

    /** What is asked for if nothing is: with placement rules, it need not even be there. */
    @Test
    void whoNamesNoQueueLeavesItToYarn() {
        assertThat(QUEUES.choose("default"))
                .isEqualTo(new Queues.Choice(QUEUES.find("default").orElseThrow(), "", true));
        QueueInfo nightly = queue("nightly", "root.nightly", QueueState.RUNNING);
        Queues.Choice missing = Queues.of(List.of(nightly), List.of()).choose("default");
        assertThat(missing.isLeftToYarn()).isTrue();
        assertThat(missing.doubt())
                .isEqualTo("The cluster has no queue \"default\". Choose one of these with -qu: nightly.");
        assertThat(missing.queue().mayUse("gpu")).as("nothing is known of it").isTrue();
        QueueInfo closed = queue("default", "root.default", QueueState.STOPPED);
        Queues.Choice stopped = Queues.of(List.of(nightly, closed), List.of()).choose("default");
        assertThat(stopped.doubt()).contains("takes no applications: it is STOPPED", "nightly");
    }

    @Test
    void aQueueThatMayBeMadeIsNotRefused() {
        Queues.Choice inParent = QUEUES.choose("root.etl.anna");
        assertThat(inParent.doubt()).startsWith("The cluster has no queue \"root.etl.anna\".");
        assertThat(inParent.isLeftToYarn()).isFalse();
        assertThat(inParent.isSure())
                .as("what it gives is known once it is made")
                .isFalse();
        assertThat(QUEUES.choose("nightly").isSure()).isTrue();
        assertThat(QUEUES.choose("default").isSure()).isFalse();
        assertRefused(
                "root.anna", "The cluster has no queue \"root.anna\". Choose one of these with -qu: default, nightly.");

        QueueInfo fair = queue("root.default", "", QueueState.RUNNING);
        fair.setSchedulerType("FairScheduler");
        assertThat(Queues.of(List.of(fair), List.of()).choose("root.anna").doubt())
                .isNotEmpty();
    }

    private static void assertRefused(String name, String sentence) {
        assertThatThrownBy(() -> QUEUES.choose(name))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.REFUSED))
                .hasMessage(sentence);
    }

    private static QueueInfo queue(String name, String path, QueueState state, QueueInfo... children) {
        QueueInfo queue = Records.newRecord(QueueInfo.class);
        queue.setQueueName(name);
        queue.setQueuePath(path);
        queue.setQueueState(state);
        queue.setChildQueues(List.of(children));
        queue.setAccessibleNodeLabels(Set.of());
        return queue;
    }

    private static QueueUserACLInfo rights(String path, QueueACL... acls) {
        QueueUserACLInfo rights = Records.newRecord(QueueUserACLInfo.class);
        rights.setQueueName(path);
        rights.setUserAcls(List.of(acls));
        return rights;
    }
}
