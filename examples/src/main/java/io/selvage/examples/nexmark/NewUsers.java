package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.CoGroupFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.window.TumblingWindows;
import java.time.Duration;

/** Query 8: who has registered and begun an auction in the same ten seconds? */
final class NewUsers {
    private NewUsers() {}

    record NewUser(long id, String name, long startMillis) {}

    static DataStream<NewUser> of(DataStream<Person> persons, DataStream<Auction> auctions) {
        return persons.coGroup(auctions)
                .where(Person::id)
                .equalTo(Auction::seller)
                .window(TumblingWindows.of(Duration.ofSeconds(10)))
                .apply(new Sellers())
                .uid("new-users");
    }

    /** A co-group rather than a join: a seller of several things is one. */
    private static final class Sellers implements CoGroupFunction<Person, Auction, NewUser> {
        private static final long serialVersionUID = 1L;

        @Override
        public void coGroup(
                Iterable<Person> persons,
                Iterable<Auction> auctions,
                ProcessWindowFunction.Context context,
                Collector<NewUser> out) {
            if (auctions.iterator().hasNext()) {
                for (Person person : persons) {
                    out.collect(new NewUser(
                            person.id(), person.name(), context.window().startMillis()));
                }
            }
        }
    }
}
