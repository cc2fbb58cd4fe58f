import time
from tests.capture.conftest import *
from tests.conftest import *
def test_x(operator):
    t=time.time()
    one=operator("[world]\nusers=4\n[[users]]\nindex=0\nposts=250\n[[users]]\nindex=1\nposts=30\n[[users]]\nindex=2\nposts=30\n")
    print("begin",time.time()-t); t=time.time()
    us=one.users(); print(us, time.time()-t); t=time.time()
    one.queue(u["id"] for u in us[:3]); print("queue",time.time()-t); t=time.time()
    e=one.run("tw-idu3elk","a"); print("run",time.time()-t, e); t=time.time()
    one.work(); print("showwork",time.time()-t); t=time.time()
    one.coverage("a"); print("cov",time.time()-t); t=time.time()
