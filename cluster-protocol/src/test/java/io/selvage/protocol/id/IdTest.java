package io.selvage.protocol.id;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class IdTest {
    @Test
    void aRandomJobIdIsOneThatIsAccepted() {
        JobId id = JobId.random();
        assertThat(new JobId(id.value())).isEqualTo(id).isNotEqualTo(JobId.random());
    }

    @Test
    void aJobIdThatCouldNameAnotherDirectoryIsRefused() {
        for (String value : new String[] {"journal", "job-../x", "job-", "", "JOB-1"}) {
            assertThatThrownBy(() -> new JobId(value)).hasMessageContaining("is not a job id");
        }
    }

    @Test
    void countersStartAtOneAndGoUp() {
        assertThat(new Incarnation(1).next()).isEqualTo(new Incarnation(2)).isGreaterThan(new Incarnation(1));
        assertThatThrownBy(() -> new Incarnation(0)).hasMessage("An incarnation is 1 or more, not 0.");
        assertThatThrownBy(() -> new Epoch(0)).hasMessage("An epoch is 1 or more, not 0.");
        assertThatThrownBy(() -> new CheckpointId(-1)).hasMessage("A checkpoint's id is 1 or more, not -1.");
    }

    @Test
    void subtasksAreOrderedByVertexThenIndex() {
        assertThat(SubtaskId.of(2, 0)).isGreaterThan(SubtaskId.of(1, 9));
        assertThat(SubtaskId.of(1, 9)).isGreaterThan(SubtaskId.of(1, 8)).hasToString("v1.9");
        assertThatThrownBy(() -> SubtaskId.of(1, -1)).hasMessage("A subtask's index is 0 or more, not -1.");
    }
}
