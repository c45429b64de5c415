Console.WriteLine("ratchet");
