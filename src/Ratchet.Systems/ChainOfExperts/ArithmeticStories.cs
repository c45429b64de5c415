using Ratchet.Loop;

namespace Ratchet.Systems.ChainOfExperts;

/// <summary>Word problems of a few steps of arithmetic with worked answers, so that a model can be pretrained without any data at hand.</summary>
internal static class ArithmeticStories
{
    private static readonly string[] Names = ["Ada", "Ben", "Carla", "Dmitri", "Elif", "Farid", "Grace", "Hana", "Ivo", "Jun", "Kofi", "Lea", "Mina", "Noor", "Omar", "Pia"];
    private static readonly string[] Things = ["apples", "marbles", "books", "coins", "stamps", "pencils", "shells", "cards", "buttons", "tickets", "stones", "candles"];
    private static readonly string[] Places = ["at the market", "after school", "in the morning", "on Sunday", "from a friend", "at the fair", "in the library", "by the lake"];

    /// <summary>Story number <paramref name="index"/> of a stream: question, steps and answer.</summary>
    public static string Make(RandomStream stream, int index)
    {
        var own = stream.Derive(index);
        var (name, thing) = (Names[own.NextInt(Names.Length)], Things[own.NextInt(Things.Length)]);
        long count = 2 + own.NextInt(60);
        var question = $"{name} has {count} {thing}.";
        var answer = "";
        for (var steps = 2 + own.NextInt(4); steps > 0; steps--)
        {
            var place = Places[own.NextInt(Places.Length)];
            var (before, amount) = (count, 0L);
            string operation;
            switch (own.NextInt(4))
            {
                case 0:
                    amount = 1 + own.NextInt(50);
                    count += amount;
                    operation = "+";
                    question += $" {name} gets {amount} more {thing} {place}.";
                    break;
                case 1 when count > 1:
                    amount = 1 + own.NextInt((int)Math.Min(count - 1, 50));
                    count -= amount;
                    operation = "-";
                    question += $" {name} gives away {amount} {thing} {place}.";
                    break;
                case 2 when count < 500:
                    amount = 2 + own.NextInt(4);
                    count *= amount;
                    operation = "*";
                    question += $" Then the number of {thing} becomes {amount} times as large {place}.";
                    break;
                default:
                    amount = Enumerable.Range(2, 5).Select(d => (long)d).FirstOrDefault(d => before % d == 0, 1);
                    count /= amount;
                    operation = "/";
                    question += $" {name} shares all {thing} evenly among {amount} {(amount == 1 ? "person" : "people")} {place} and keeps one share.";
                    break;
            }

            answer += $"\n{before} {operation} {amount} = {count}";
        }

        return $"{question} How many {thing} does {name} have now?{answer}\nThe answer is {count}.";
    }
}
