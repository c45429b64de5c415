using System.Globalization;
using Ratchet.Runs;
using Ratchet.Systems.Evaluation;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Tests.Evaluation;
using Ratchet.Systems.Verification;

namespace Ratchet.Systems.Tests.ExpertIteration;

/// <summary>What the test program does as a process of its own: start or resume a run or an evaluation and print a line for each event.</summary>
internal static class RunHost
{
    public const string Argument = "--run-host";

    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            var observer = new Lines();
            Console.Out.WriteLine("begin");
            if (arguments is ["start", var recipe, var folder])
            {
                var read = (ExpertIterationRecipe)SystemRecipes.Catalog.ReadFile(recipe).ThrowIfWrong();
                await ExpertIterationRun.StartAsync(read, folder, observer, CancellationToken.None);
            }
            else if (arguments is ["evaluate", var problems, var responses, var place, var batches])
            {
                await using var answers = await VerifierCatalog.Find("answers").OpenAsync(new VerifierOptions(), CancellationToken.None);
                await EvaluationPlanTests.Plan(answers, BenchmarkFile.Read(problems, new BenchmarkFields(), answers), responses).RunAsync(place, new Dying(int.Parse(batches, CultureInfo.InvariantCulture)), CancellationToken.None);
            }
            else
            {
                await ExpertIterationRun.ResumeAsync(arguments[1], observer, CancellationToken.None);
            }

            return 0;
        }
        catch (RatchetException e)
        {
            Console.Error.WriteLine(e.Message);
            return e.ExitCode;
        }
    }

    /// <summary>Kills this process, as signal 9 does, when so many batches are recorded.</summary>
    private sealed class Dying(int batches) : Lines
    {
        private int _left = batches;

        public override void OnEvent(RunEvent e)
        {
            base.OnEvent(e);
            if (e is RunEvent.BatchDone && --_left == 0)
                System.Diagnostics.Process.GetCurrentProcess().Kill();
        }
    }

    private class Lines : IRunObserver
    {
        public virtual void OnEvent(RunEvent e)
        {
            Console.Out.WriteLine(e switch
            {
                RunEvent.StageStarted s => $"{e.Round} started {s.Stage}",
                RunEvent.BatchDone b => $"{e.Round} {b.Stage} {b.Done}",
                RunEvent.Learned l => $"{e.Round} learn {l.Step.Step}",
                RunEvent.RoundDone => $"{e.Round} done",
                _ => $"{e.Round} note",
            });
            Console.Out.Flush();
        }
    }
}
