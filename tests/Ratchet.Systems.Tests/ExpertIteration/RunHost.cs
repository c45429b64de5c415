using Ratchet.Runs;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

/// <summary>What the test program does as a process of its own: start or resume a run and print a line for each event.</summary>
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

    private sealed class Lines : IRunObserver
    {
        public void OnEvent(RunEvent e)
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
