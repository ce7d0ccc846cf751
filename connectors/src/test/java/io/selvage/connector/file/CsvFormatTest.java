package io.selvage.connector.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.connector.BadInputException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class CsvFormatTest {
    @TempDir
    Path folder;

    record Flight(String origin, LocalDateTime scheduled, int distanceMiles) {}

    record Everything(
            String text,
            int number,
            long big,
            double exact,
            boolean yes,
            @Nullable Integer boxed,
            BigDecimal decimal,
            LocalDate date,
            LocalDateTime time,
            Instant instant) {}

    record Even(int number) {
        Even {
            if (number % 2 != 0) {
                throw new IllegalArgumentException(number + " is odd");
            }
        }
    }

    record Unreadable(List<String> list) {}

    static IntStream seeds() {
        return IntStream.range(0, 200);
    }

    private String write(String... lines) throws IOException {
        return Files.writeString(folder.resolve("in.csv"), String.join("\n", lines) + "\n")
                .toString();
    }

    private static <T> List<T> read(FileSource<T> source) throws Exception {
        return Collected.readAll(source.splitBytes(7), new Random(3)).elements;
    }

    @Test
    void componentsFindTheirColumnsByName() throws Exception {
        String file = write(
                "scheduled,origin,destination,distance_miles",
                "2001-01-01T00:47:00,DTW,LAS,1750",
                "",
                "2001-01-01T01:10:00,HNL,SFO,2399");

        assertThat(read(FileSource.csv(file, Flight.class)))
                .containsExactly(
                        new Flight("DTW", LocalDateTime.parse("2001-01-01T00:47"), 1750),
                        new Flight("HNL", LocalDateTime.parse("2001-01-01T01:10"), 2399));
    }

    @Test
    void columnCanBeAssigned() throws Exception {
        String file = write("when;from;miles", "2001-01-01T00:47:00;DTW;1750");
        CsvFormat<Flight> format = CsvFormat.of(Flight.class)
                .separator(';')
                .column("origin", "from")
                .column("scheduled", "when")
                .column("distanceMiles", "miles");

        assertThat(read(FileSource.of(file, format)))
                .containsExactly(new Flight("DTW", LocalDateTime.parse("2001-01-01T00:47"), 1750));
        assertThatThrownBy(() -> format.column("absent", "x")).hasMessageEndingWith("has no component absent.");
    }

    @Test
    void everyTypeIsRead() throws Exception {
        String file = write(
                "text,number,big,exact,yes,boxed,decimal,date,time,instant",
                "a,-1,9000000000,1.5e3,TRUE,,1.50,2001-02-03,2001-02-03T04:05,2001-02-03T04:05:06Z",
                ",2,3,4,false,5,6,2001-02-03,2001-02-03T04:05:06.7,2001-02-03T04:05:06.7Z");

        List<Everything> rows = read(FileSource.csv(file, Everything.class));

        assertThat(rows.get(0))
                .isEqualTo(new Everything(
                        "a",
                        -1,
                        9_000_000_000L,
                        1500,
                        true,
                        null,
                        new BigDecimal("1.50"),
                        LocalDate.of(2001, 2, 3),
                        LocalDateTime.of(2001, 2, 3, 4, 5),
                        Instant.parse("2001-02-03T04:05:06Z")));
        assertThat(rows.get(1).text()).isEmpty();
        assertThat(rows.get(1).boxed()).isEqualTo(5);
    }

    @Test
    void rowsCanBeReadByAFunction() throws Exception {
        String file = write("a,b", "1,x", "2,leave out", "3,z");
        CsvFormat<String> format =
                CsvFormat.of(row -> row.getInt("a") == 2 ? null : row.getString("b") + row.getLong("a"));

        assertThat(read(FileSource.of(file, format))).containsExactly("x1", "z3");
    }

    @Test
    void functionMaySayThatALineIsMalformed() throws Exception {
        String file = write("a", "1");
        FileSource<String> source = FileSource.of(file, CsvFormat.of(row -> {
            if (row.getInt("a") < 5) {
                throw row.malformed("a", "is less than five");
            }
            return row.getString("a");
        }));

        assertThatThrownBy(() -> read(source)).hasMessageContaining("line 2, column 1 (a): \"1\" is less than five.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
            a,b             | a;b
            ,               | ;
            "a,b",c         | a,b;c
            "say ""no""\",x | say "no";x
            "",""           | ;
            a"b,c           | a"b;c
            a b , c         | a b ; c
            """)
    void quotingIsAsRfc4180Says(String line, String fields) throws Exception {
        assertThat(String.join(";", CsvLine.split(line, ',', 2))).isEqualTo(fields);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatTheEncoderWritesIsReadBack(int seed) throws Exception {
        Random random = new Random(seed);
        List<String> fields = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < 1 + random.nextInt(5); i++) {
            StringBuilder field = new StringBuilder();
            for (int c = random.nextInt(6); c > 0; c--) {
                field.append("ab,\" é".charAt(random.nextInt(6)));
            }
            fields.add(field.toString());
            line.append(i == 0 ? "" : ",");
            CsvLine.append(line, field.toString(), ',');
        }
        assertThat(CsvLine.split(line.toString(), ',', 1)).as("%s", line).isEqualTo(fields);
    }

    @Test
    void malformedLineIsNamedByFileLineColumnAndValueWhereverItsSplitBegins() throws Exception {
        List<String> lines = new ArrayList<>();
        lines.add("origin,scheduled,distance_miles");
        for (int i = 2; i < 900; i++) {
            lines.add("ABC,2001-01-01T00:00:00," + i);
        }
        lines.add("ABC,2001-01-01T00:00:00,12x");
        lines.add("ABC,2001-01-01T00:00:00,901");
        String file = write(lines.toArray(new String[0]));
        FileSource<Flight> source = FileSource.csv(file, Flight.class);

        assertThatThrownBy(() -> read(source))
                .isInstanceOf(BadInputException.class)
                .hasMessage("file:" + file
                        + ", line 900, column 3 (distance_miles): \"12x\" is not a whole number of 32 bits. Correct the"
                        + " line, or let the source pass over such lines (onMalformedLine(SKIP)).");
        Collected<Flight> skipping =
                Collected.readAll(source.splitBytes(100).onMalformedLine(MalformedLines.SKIP), new Random(1));
        assertThat(skipping.skipped).isEqualTo(1);
        assertThat(skipping.elements)
                .hasSize(899)
                .last()
                .isEqualTo(new Flight("ABC", LocalDateTime.parse("2001-01-01T00:00"), 901));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
            A,2001-01-01T00:00:00             | column 2: the line ends after 2 columns, but the header has 3
            A,2001-01-01T00:00:00,1,2         | column 4: the line ends after 4 columns, but the header has 3
            A,yesterday,1                     | column 2 (scheduled): "yesterday" is not a date and time like
            A,,1                              | column 2 (scheduled): "" is not a date and time like
            "A,2001-01-01T00:00:00,1          | column 1: the quotation mark before "A,2001-01-01T00:00:00,1" is not closed
            "A"B,2001-01-01T00:00:00,1        | column 1: "B,2001-01-01T00:00:00,1" follows the closing quotation mark
            A,2001-01-01T00:00:00,99999999999 | column 3 (distance_miles): "99999999999" is not a whole number of 32 bits
            """)
    void everyKindOfMalformedLineIsExplained(String line, String message) throws Exception {
        String file = write("origin,scheduled,distance_miles", line);

        assertThatThrownBy(() -> read(FileSource.csv(file, Flight.class)))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("line 2, " + message);
    }

    @Test
    void recordThatRefusesItsValuesMakesTheLineMalformed() throws Exception {
        String file = write("number", "2", "3", "4");

        assertThatThrownBy(() -> read(FileSource.csv(file, Even.class)))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("line 3")
                .hasMessageContaining("Even refuses [3]: 3 is odd");
    }

    @Test
    void headerIsCheckedInTheClient() throws Exception {
        assertThatThrownBy(() -> FileSource.csv(write("origin,scheduled", "A,B"), Flight.class)
                        .check())
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("line 1 (the header): no column stands for the component distanceMiles;"
                        + " the columns are origin, scheduled.");
        assertThatThrownBy(() -> FileSource.csv(
                                write("origin,scheduled,distance_miles,Distance Miles", "A,B"), Flight.class)
                        .check())
                .hasMessageContaining("more than one column stands for the component distanceMiles");
        Files.writeString(folder.resolve("in.csv"), "");
        assertThatThrownBy(
                        () -> FileSource.csv(folder + "/in.csv", Flight.class).check())
                .hasMessageContaining("is empty: it has not even a header line");
    }

    @Test
    void recordThatCannotBeReadIsRefusedWhenTheProgramIsBuilt() {
        assertThatThrownBy(() -> CsvFormat.of(Unreadable.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("The component list of");
    }

    @Test
    void smallTableIsLoadedByItsKey() throws Exception {
        String file = write("origin,scheduled,distance_miles", "A,2001-01-01T00:00:00,1", "B,2001-01-01T00:00:00,2");

        Map<String, Flight> table =
                SmallTable.csv(file, Flight.class, Flight::origin).load();

        assertThat(table).containsOnlyKeys("A", "B");
        assertThat(table.get("B").distanceMiles()).isEqualTo(2);
    }

    @Test
    void smallTableSaysWhatIsMissingAndWhatIsTwice() throws Exception {
        assertThatThrownBy(() -> SmallTable.csv(folder + "/absent", Flight.class, Flight::origin)
                        .load())
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("/absent does not exist");
        String file = write("origin,scheduled,distance_miles", "A,2001-01-01T00:00:00,1", "A,2001-01-01T00:00:00,2");
        assertThatThrownBy(
                        () -> SmallTable.csv(file, Flight.class, Flight::origin).load())
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("has two lines with the key A");
    }
}
