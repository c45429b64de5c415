using CsCheck;
using Ratchet.Recipes;

namespace Ratchet.Tests.Recipes;

public sealed class RecipeWriterTests
{
    [Fact]
    public void What_is_written_reads_back_to_the_same_recipe()
    {
        var text = Gen.String[Gen.OneOf(Gen.Char, Gen.Char["\n\t\"'\\:#{}[]&*!|>%@` ~-,?é日\u0085\u2028\ufeff"]), 0, 12].Where(t => !t.Any(char.IsSurrogate));
        var stage =
            from rate in Gen.Double[1e-12, 1]
            from order in Gen.Bool.Select(q => q ? SampleOrder.Queue : SampleOrder.ShortFirst)
            from greedy in Gen.Bool
            from limit in Gen.Int[1, int.MaxValue]
            from k in Gen.Int[1, 100].Array[0, 4]
            from low in Gen.Double[0, 1]
            from note in text
            from tokens in Gen.Long
            select new SampleStage
            {
                LearningRate = rate,
                Order = order,
                Greedy = greedy,
                Limit = greedy ? null : limit,
                K = [.. k],
                Window = new(low, 1),
                Note = note,
                Tokens = tokens,
            };

        Gen.Select(stage, Gen.ULong, text).Sample((s, seed, description) =>
        {
            var recipe = new SampleRecipe { Name = "a", Seed = seed, Description = description, Stage = s };

            var reading = SampleRecipe.Catalog.Read(RecipeWriter.Write(recipe), "written.yaml");

            Assert.Empty(reading.Mistakes);
            Assert.Equal(recipe, reading.Recipe);
        });
    }

    [Fact]
    public void Comments_line_up_behind_the_values() => Assert.Equal(
        """
        system: other      # a
        name: x            # a
        description: null  # a
        expect: null       # a
        seed: 1            # a

        """.ReplaceLineEndings("\n"),
        RecipeWriter.Write(new OtherRecipe { Name = "x" }, _ => "a"));
}
