using System.CommandLine;
using Ratchet.Cli.Progress;
using Ratchet.Recipes;
using Ratchet.Systems;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet explain RECIPE</c>.</summary>
internal static class ExplainVerb
{
    public static Command Make(CliContext context)
    {
        var recipe = new RecipeOptions();
        var noEstimate = new Option<bool>("--no-estimate") { Description = "Only the recipe, without measuring this machine." };
        var command = new Command("explain", "Shows the effective recipe, where each value comes from, and what the run would cost.");
        recipe.AddTo(command);
        command.Add(noEstimate);
        command.SetAction(parsed =>
        {
            var reading = recipe.Read(parsed);
            var read = reading.ThrowIfWrong();
            context.Out.Write(RecipeWriter.Write(read, reading.Origin));
            if (!parsed.GetValue(noEstimate) && read is ExpertIterationRecipe expertIteration)
                Estimate(context.Out, expertIteration);
            return 0;
        });
        return command;
    }

    private static void Estimate(TextWriter writer, ExpertIterationRecipe recipe)
    {
        var threads = recipe.Threads == 0 ? Environment.ProcessorCount : recipe.Threads;
        var speed = MachineSpeed.MatrixProduct(threads);
        var vocabulary = recipe.Model.Tokenizer == TokenizerChoice.Bpe ? recipe.Model.Vocabulary : DomainCatalog.Create(recipe.Problems.Domain).Tokenizer.VocabularySize;
        var cost = CostEstimate.Of(recipe, vocabulary, speed);
        writer.WriteLine();
        writer.WriteLine("# What it would cost here, roughly:");
        writer.WriteLine($"#   parameters        {ProgressText.Count(cost.Parameters)}");
        writer.WriteLine($"#   attempts          {ProgressText.Count(cost.Attempts)}, each judged once");
        writer.WriteLine($"#   sampled tokens    {ProgressText.Count(cost.SampledTokens)} (at most {ProgressText.Count(cost.MostSampledTokens)}), taking {CostEstimate.TokensOfAttempt} tokens for an attempt");
        if (cost.EndpointAttempts > 0)
        {
            var endpoint = recipe.Propose.Endpoint!;
            var price = endpoint.PriceOutput > 0 ? FormattableString.Invariant($", at most {cost.EndpointPrice:0.##} for the answers; prompts come on top") : ", without a price in the recipe";
            var budget = endpoint.Budget > 0 ? FormattableString.Invariant($"; stops before {endpoint.Budget:0.##} are spent") : "";
            writer.WriteLine($"#   endpoint          {ProgressText.Count(cost.EndpointAttempts)} of the attempts, {endpoint.MaxTokens} tokens at most{price}{budget}");
        }

        writer.WriteLine($"#   trained tokens    at most {ProgressText.Count(cost.TrainedTokens)} in {ProgressText.Count(cost.Steps)} optimizer steps");
        writer.WriteLine($"#   memory            {cost.Memory.Total / 1e9:0.00} GB{(recipe.Device == "cpu" ? $" of {MemoryEstimate.Available / 1e9:0.0} GB" : " on device and machine together")}: {cost.Memory.Parts()}");
        if (recipe.Device == "cpu" && cost.Memory.Certain > MemoryEstimate.Available)
            writer.WriteLine("#                     THIS DOES NOT FIT: 'ratchet run' will refuse it.");
        writer.WriteLine($"#   disk              {ProgressText.Count(cost.DiskBytes / 1e6)} MB");
        writer.WriteLine($"#   time              at most {ProgressText.Time(cost.Seconds)}, if selection keeps all that it may (matrix products run at {speed / 1e9:0} GFLOP/s on {threads} threads here)");
    }
}
