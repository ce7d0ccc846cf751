package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.hash.Hashing;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serdes;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class KeyGroupsTest {
    @Test
    void hashesAsMurmur3Does() {
        Random random = new Random(1);
        for (int length = 0; length < 70; length++) {
            byte[] bytes = new byte[length + 5];
            random.nextBytes(bytes);
            assertThat(KeyGroups.murmur3(bytes, 3, length))
                    .as("length %s", length)
                    .isEqualTo(Hashing.murmur3_32_fixed()
                            .hashBytes(bytes, 3, length)
                            .asInt());
        }
    }

    @Test
    void groupsOfKeysAreWhatTheyWereWhenTheFormatWasMade() {
        KeyGrouper<String> grouper = KeyGrouper.of(Serdes.STRING, 128);
        assertThat(grouper.groupOf("JFK")).isEqualTo(17);
        assertThat(grouper.groupOf("")).isEqualTo(55);
        assertThat(KeyGrouper.of(Serdes.LONG, 32768).groupOf(-1L)).isEqualTo(20907);
    }

    @Test
    void groupsOfNumbersAreThoseOfTheirBytes() {
        Random random = new Random(2);
        BinaryWriter bytes = new BinaryWriter();
        for (int bits = 0; bits < Long.SIZE; bits++) {
            for (int i = 0; i < 50; i++) {
                long key = random.nextLong() >> bits;
                bytes.clear();
                bytes.writeVarLong(key);
                int expected = KeyGroups.groupOf(bytes.array(), 0, bytes.length(), 32768);
                assertThat(KeyGrouper.of(Serdes.LONG, 32768).groupOf(key))
                        .as("key %s", key)
                        .isEqualTo(expected);
                if (key == (int) key) {
                    assertThat(KeyGrouper.of(Serdes.INTEGER, 32768).groupOf((int) key))
                            .as("key %s", key)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void everyGroupBelongsToTheOneSubtaskWhoseRangeHasIt() {
        for (int max : new int[] {1, 2, 7, 128, 1000}) {
            for (int parallelism = 1; parallelism <= Math.min(max, 40); parallelism++) {
                int next = 0;
                for (int subtask = 0; subtask < parallelism; subtask++) {
                    KeyGroupRange range = KeyGroups.rangeOf(subtask, parallelism, max);
                    assertThat(range.first()).isEqualTo(next);
                    for (int group = range.first(); group < range.end(); group++) {
                        assertThat(KeyGroups.subtaskOf(group, parallelism, max)).isEqualTo(subtask);
                    }
                    next = range.end();
                }
                assertThat(next).isEqualTo(max);
            }
        }
    }

    @Test
    void moreSubtasksThanGroupsAreRefused() {
        assertThatThrownBy(() -> KeyGroups.rangeOf(0, 129, 128)).isInstanceOf(IllegalArgumentException.class);
    }
}
