package io.selvage.api.type;

import java.util.List;
import java.util.function.Function;

/** Elements of two types in one stream. */
public record EitherSerde<A, B>(Serde<A> first, Serde<B> second) implements Serde<EitherSerde.Either> {
    private static final long serialVersionUID = 1L;

    /** One of them. */
    public record Either(boolean isSecond, Object value) {}

    @Override
    @SuppressWarnings("unchecked")
    public void write(Either either, BinaryWriter out) {
        out.writeBoolean(either.isSecond());
        if (either.isSecond()) {
            second.write((B) either.value(), out);
        } else {
            first.write((A) either.value(), out);
        }
    }

    @Override
    public Either read(BinaryReader in) {
        boolean isSecond = in.readBoolean();
        return new Either(isSecond, isSecond ? second.read(in) : first.read(in));
    }

    @Override
    public Function<BinaryReader, Either> reader(String written) {
        if (written.equals(schema())) {
            return this::read;
        }
        List<String> arguments = Schemas.argumentsOf(written, "either", 2, schema());
        Function<BinaryReader, A> ofFirst = first.reader(arguments.get(0));
        Function<BinaryReader, B> ofSecond = second.reader(arguments.get(1));
        return in -> {
            boolean isSecond = in.readBoolean();
            return new Either(isSecond, isSecond ? ofSecond.apply(in) : ofFirst.apply(in));
        };
    }

    @Override
    public String schema() {
        return "either<" + first.schema() + "," + second.schema() + ">";
    }

    @Override
    public boolean isCanonical() {
        return first.isCanonical() && second.isCanonical();
    }
}
