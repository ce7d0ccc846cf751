package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import java.util.Set;

/**
 * Query 3: who in Oregon, Idaho or California sells things of category 10? A join without a bound in time: a seller may
 * register after an auction has begun, and may begin one at any time after that.
 */
final class LocalItemSuggestion {
    private static final long CATEGORY = 10;
    private static final Set<String> STATES = Set.of("OR", "ID", "CA");

    private LocalItemSuggestion() {}

    record Suggestion(String name, String city, String state, long auction) {}

    static DataStream<Suggestion> of(DataStream<Auction> auctions, DataStream<Person> persons) {
        return auctions.filter(auction -> auction.category() == CATEGORY)
                .keyBy(Auction::seller)
                .connect(persons.filter(person -> STATES.contains(person.state()))
                        .keyBy(Person::id))
                .process(new Join())
                .name("suggestions")
                .uid("suggestions");
    }

    @SuppressWarnings("NullAway.Init") // openState comes before any element.
    private static final class Join extends KeyedCoProcessFunction<Long, Auction, Person, Suggestion> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<Person> seller;
        private transient ListState<Long> waiting; // Auctions of a seller who is not known yet.

        @Override
        public void openState(StateAccess states) {
            seller = states.value(new ValueStateDescriptor<>("seller", Person.class));
            waiting = states.list(new ListStateDescriptor<>("waiting", Long.class));
        }

        @Override
        public void process1(Auction auction, Context<Long> context, Collector<Suggestion> out) {
            Person person = seller.value();
            if (person == null) {
                waiting.add(auction.id());
            } else {
                out.collect(suggestion(person, auction.id()));
            }
        }

        @Override
        public void process2(Person person, Context<Long> context, Collector<Suggestion> out) {
            seller.update(person);
            for (long auction : waiting.elements()) {
                out.collect(suggestion(person, auction));
            }
            waiting.clear();
        }

        private static Suggestion suggestion(Person person, long auction) {
            return new Suggestion(person.name(), person.city(), person.state(), auction);
        }
    }
}
